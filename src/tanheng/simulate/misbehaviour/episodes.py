"""Misbehaviour put into an honest market, with labels; one episode of each kind, of one strength.

The strengths are chosen around the suggested limits on purpose: *faint* is about what a careful
offender would do and mostly lies below or across a limit, *plain* is above it, *gross* far above.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from math import ceil
from statistics import median
from typing import TypeVar

from tanheng.market.watch import TradeRow
from tanheng.simulate.misbehaviour.honest import Honest, Path
from tanheng.simulate.misbehaviour.tape import SESSION, Recorder, Tape, closing, session
from tanheng.simulate.misbehaviour.world import Account, World, populate
from tanheng.simulate.registry.dice import Dice

STRENGTHS = ("faint", "plain", "gross")
T = TypeVar("T")
_WARM = 25
"""Days before the first burst of volume, which is compared with those before it."""


def make(seed: int, days: int = 60, accounts: int = 200) -> tuple[Tape, Tape]:
    """The market of a seed, honest and with one episode of each kind.

    Strengths take turns, so that every kind comes in every strength over three seeds.

    Raises:
        ValueError: fewer than 40 days: some episodes need others before them.
    """
    if days < 40:
        raise ValueError("a market needs 40 days or more")
    world = populate(Dice(seed, 1), accounts)
    recorder = Recorder()
    honest = Honest(Dice(seed, 2), world, recorder, days)
    honest.run()
    without = recorder.tape(days, honest.start_fen, world.groups, accounts)
    _Offender(Dice(seed, 3), world, recorder, honest.paths).run(seed)
    return without, recorder.tape(days, honest.start_fen, world.groups, accounts)


class _Offender:
    """Puts the episodes in."""

    def __init__(self, dice: Dice, world: World, recorder: Recorder, paths: list[Path]) -> None:
        self._dice, self._world, self._recorder, self._paths = dice, world, recorder, paths
        self._honest = sorted(recorder.trades, key=lambda row: recorder.when(row.seq))
        self._times = [recorder.when(row.seq) for row in self._honest]
        self._level = 0

    def run(self, seed: int) -> None:
        """One episode of each kind."""
        half = len(self._paths) // 2
        # Those that change the owners of honest trades come first, before others add to them.
        kinds: dict[str, Callable[[], tuple[list[Account], list[int]]]] = {
            "dominance": lambda: self._corner(1, 0, self._by(0.3, 0.5, 0.7)),
            "concentration": lambda: self._corner(2, half, self._by(0.55, 0.78, 0.9)),
            "self_trade": self._self_trade, "circle": self._circle, "pair": self._pair,
            "mark_close": self._mark_close, "band_cluster": self._band_cluster,
            "band_holder": self._band_holder, "transit": self._transit, "burst": self._burst,
            "spoof": self._spoof,
        }  # fmt: skip
        for number, (kind, put) in enumerate(kinds.items()):
            self._level = (seed + number) % len(STRENGTHS)
            accounts, entries = put()
            self._recorder.label(kind, STRENGTHS[self._level], accounts, entries)

    def _by(self, faint: T, plain: T, gross: T) -> T:
        """What the strength of this episode asks for."""
        return (faint, plain, gross)[self._level]

    def _day(self, spare: int = 1) -> int:
        """A day that leaves so many days to the end."""
        return self._dice.below(len(self._paths) - spare)

    def _second(self, spare: float = 0.0) -> float:
        """A second of the session that leaves so many seconds to its end."""
        return self._dice.roll() * (SESSION - spare)

    def _people(self, count: int) -> list[Account]:
        """Accounts of different parties; some of those who also trade honestly."""
        found: dict[str, Account] = {}
        while len(found) < count:
            account = self._world.roles[self._dice.pick(("speculator", "long", "short"))].pick(
                self._dice
            )
            found.setdefault(self._world.groups.get(account.holder, account.holder), account)
        return list(found.values())

    def _price(self, seconds: float) -> int:
        """The last honest price, before the first one the opening price."""
        found = bisect_right(self._times, seconds)
        return self._honest[found - 1].price_fen if found else self._paths[0].price_fen

    def _volume(self, first: float, last: float) -> int:
        """Honest volume between two instants."""
        rows = self._honest[bisect_right(self._times, first) : bisect_right(self._times, last)]
        return sum(row.amount for row in rows)

    def _deal(
        self, seconds: float, amount: int, buyer: Account, seller: Account, day: int,
        price: int = 0,
    ) -> int:  # fmt: skip
        band = self._paths[day].band
        price = min(max(price or self._price(seconds), band[0]), band[1])
        return self._recorder.deal(seconds, price, max(amount, 1), buyer, seller, band)

    def _corner(self, count: int, after: int, share: float) -> tuple[list[Account], list[int]]:
        """Ten days of a half of the time in which a few buy a share: orders of others become theirs."""
        dice, recorder = self._dice, self._recorder
        ring = self._people(count)
        own = {account.holder for account in ring}
        first = after + self._dice.below(len(self._paths) // 2 - 10)
        start, end = session(first, 0), float(closing(first + 9))
        sellers: dict[str, set[str]] = {}
        for row in self._honest[bisect_right(self._times, start) : bisect_right(self._times, end)]:
            sellers.setdefault(row.buy_order, set()).add(row.seller_holder)
        taken: dict[str, Account] = {}
        for order, others in sellers.items():
            if dice.chance(share) and not others & own:
                taken[order] = dice.pick(ring)
        for order, account in taken.items():
            old = recorder.orders[order]
            recorder.orders[order] = replace(old, account=account.name, holder=account.holder)
        entries: list[int] = []
        changed: list[TradeRow] = []
        for row in recorder.trades:
            new = taken.get(row.buy_order)
            if new:
                entries.append(row.seq)
                changed.append(replace(row, buyer=new.name, buyer_holder=new.holder))
            else:
                changed.append(row)
        recorder.trades[:] = changed
        return ring, entries

    def _self_trade(self) -> tuple[list[Account], list[int]]:
        """Two accounts of a party; the faint one uses a nominee whom nobody knows, half the time."""
        dice, groups = self._dice, self._world.groups
        pairs = [
            (one, two)
            for one in self._world.accounts for two in self._world.accounts
            if one.name < two.name and groups.get(one.holder, one.holder)
            == groups.get(two.holder, two.holder)
        ]  # fmt: skip
        hidden = self._level == 0 and dice.chance(0.5)
        one, two = self._people(2) if hidden else dice.pick(pairs)
        day = self._day()
        entries = [
            self._deal(
                session(day, self._second()), self._by(30, 300, 2000), *dice.pick(
                    ((one, two), (two, one))
                ), day,
            )
            for _ in range(self._by(1, 3, 6))
        ]  # fmt: skip
        return [one, two], entries

    def _circle(self) -> tuple[list[Account], list[int]]:
        """Units go round three to five parties."""
        dice = self._dice
        ring = self._people(self._by(dice.between(4, 6), dice.between(3, 5), 3))
        day, jitter = self._day(3), self._by(0.04, 0.01, 0.0)
        amount = self._by(dice.between(300, 900), dice.between(800, 2000), dice.between(2000, 5000))
        second, entries = self._second(self._by(0, 8000, 3600)), []
        for number, seller in enumerate(ring):
            # The faint one takes its time: it may go on the next day.
            late = number and self._level == 0 and dice.chance(0.4)
            if late:
                day, second = min(day + 1, len(self._paths) - 1), self._second()
            at = session(day, second)
            size = round(amount * (1 + jitter * (2 * dice.roll() - 1)))
            entries.append(self._deal(at, size, ring[(number + 1) % len(ring)], seller, day))
            second = min(second + dice.roll() * self._by(3000, 1800, 600), SESSION - 1)
        return ring, entries

    def _pair(self) -> tuple[list[Account], list[int]]:
        """Two who deal back and forth; the faint ones also trade with others as much."""
        dice = self._dice
        one, two, *others = self._people(8)
        first, entries = self._day(5), []
        rounds, share = self._by(2, 4, 8), self._by(1.2, 0.4, 0.0)
        for _ in range(rounds):
            day = first + dice.below(self._by(5, 3, 2))
            amount = self._by(
                dice.between(400, 900), dice.between(500, 1500), dice.between(1000, 3000)
            )
            second = self._second(4000)
            for buyer, seller in ((one, two), (two, one)):
                entries.append(self._deal(session(day, second), amount, buyer, seller, day))
                second += 60 + dice.roll() * 3600
                if share and dice.chance(0.9):
                    mask = dice.pick(others)
                    at = session(day, self._second())
                    self._deal(at, round(amount * share * 2 * dice.roll()), mask, buyer, day)
        return [one, two], entries

    def _mark_close(self) -> tuple[list[Account], list[int]]:
        """Ever higher bids in the last minutes, of a multiple of the others' volume."""
        dice = self._dice
        buyer, *sellers = self._people(5)
        day = self._day()
        start, step = closing(day) - 60 * self._by(20, 10, 5), self._by(3, 4, 6)
        others = self._volume(closing(day) - 900, closing(day))
        amount = max(self._by(300, 1000, 3000), round(others * self._by(0.9, 1.6, 4)))
        rise = self._by(0.03, 0.05, 0.08)
        reference, entries = self._price(closing(day) - 900), []
        for number in range(step):
            at = start + (closing(day) - start) * (number + 0.9 * dice.roll()) / step
            price = ceil(reference * (1 + rise * (number + 1) / step))
            entries.append(self._deal(at, amount // step, buyer, dice.pick(sellers), day, price))
        return [buyer], entries

    def _asked(self, day: int) -> int:
        """Amount of the limit orders of a day."""
        first, last = session(day, 0), closing(day)
        return sum(
            row.amount
            for row in self._recorder.orders.values()
            if row.price_fen and first <= self._recorder.when(row.seq) <= last
        )

    def _at_band(self, who: list[Account], count: int, share: float) -> list[int]:
        """Buy orders at the upper limit, of a share of all the day's orders."""
        dice, day = self._dice, self._day()
        band = self._paths[day].band
        amount = round(self._asked(day) * share / (1 - share) / count)
        return [
            self._recorder.order(
                session(day, self._second()), dice.pick(who), "buy", band[1], max(amount, 1), band,
                "expired", closing(day),
            ).seq
            for _ in range(count)
        ]  # fmt: skip

    def _band_cluster(self) -> tuple[list[Account], list[int]]:
        """Several who put their orders at the limit together."""
        ring = self._people(6)
        return ring, self._at_band(ring, self._by(9, 15, 25), self._by(0.25, 0.4, 0.6))

    def _band_holder(self) -> tuple[list[Account], list[int]]:
        """One who does."""
        who = self._people(1)
        return who, self._at_band(who, self._by(3, 4, 6), self._by(0.07, 0.15, 0.35))

    def _transit(self) -> tuple[list[Account], list[int]]:
        """Units that come and go on, in up to four parts."""
        dice = self._dice
        (account,) = self._people(1)
        at = session(self._day(4), self._second())
        came = self._by(dice.between(4000, 9000), dice.between(6000, 20000), 60000)
        went = round(came * self._by(0.8 + 0.2 * dice.roll(), 0.93 + 0.07 * dice.roll(), 1.0))
        hours = self._by(16 + 20 * dice.roll(), 2 + 18 * dice.roll(), 0.2 + 2 * dice.roll())
        entries, parts = [self._recorder.move(at, account, came, 0)], dice.between(1, 4)
        for number in range(parts):
            part = went // parts + (went % parts if number == 0 else 0)
            later = at + 3600 * hours * (number + 1) / parts
            entries.append(self._recorder.move(later, account, 0, part))
        return [account], entries

    def _burst(self) -> tuple[list[Account], list[int]]:
        """A day on which a few inflate the volume to a multiple of what was usual."""
        dice, ring = self._dice, self._people(8)
        day = _WARM + dice.below(len(self._paths) - _WARM)
        usual = median(self._volume(session(d, 0), closing(d)) for d in range(day - 20, day))
        today = self._volume(session(day, 0), closing(day))
        more = usual * self._by(2.5 + 2 * dice.roll(), 5 + 2 * dice.roll(), 10) - today
        count = self._by(15, 25, 40)
        entries = []
        for _ in range(count):
            buyer = dice.pick(ring)
            seller = dice.pick([other for other in ring if other is not buyer])
            at = session(day, self._second())
            entries.append(self._deal(at, round(max(more, 100) / count), buyer, seller, day))
        return ring, entries

    def _spoof(self) -> tuple[list[Account], list[int]]:
        """Large bids that go as soon as the party has sold a little."""
        dice, recorder = self._dice, self._recorder
        who, *others = self._people(5)
        day = self._day()
        band, second, entries = self._paths[day].band, self._second(7200), []
        for _ in range(self._by(dice.between(2, 4), 4, 8)):
            life = 60 * self._by(5 + 20 * dice.roll(), 2 + 8 * dice.roll(), 1 + 2 * dice.roll())
            at = session(day, second)
            amount = dice.pick((1000, 2000, 3000, 5000))
            bait = recorder.order(
                at, who, "buy", round(self._price(at) * 0.995), amount, band, "cancelled", at + life
            )
            ratio = self._by(3 + 4 * dice.roll(), 8 + 4 * dice.roll(), 25)
            sold = self._deal(
                at + life * (0.2 + 0.7 * dice.roll()), round(amount / ratio), dice.pick(others),
                who, day,
            )  # fmt: skip
            entries += [bait.seq, bait.ended_seq, sold]
            second = min(second + 60 + dice.roll() * 700, SESSION - 1800)
        return [who], entries
