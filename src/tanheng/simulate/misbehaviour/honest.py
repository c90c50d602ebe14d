"""A market in which nobody does wrong: obliged parties near a deadline, providers, speculators.

It is made to be awkward for surveillance in the ways honest markets are: round amounts, one large
provider, obliged buyers who hurry, thin days, news that drives orders to the limit of the band,
quotes that are withdrawn within minutes, treasuries that pass units on to subsidiaries.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from tanheng.market.watch import OrderRow
from tanheng.simulate.misbehaviour.tape import SESSION, Recorder, closing, session
from tanheng.simulate.misbehaviour.world import Account, World, normal
from tanheng.simulate.registry.dice import Dice

BAND = 0.10
_DEADLINE = 0.75  # of the days
_ROUND = (100, 100, 200, 200, 500, 500, 1000, 1000, 2000, 5000)
_OTHER = {"buy": "sell", "sell": "buy"}


@dataclass(frozen=True, slots=True)
class Path:
    """What episodes must know of a day: opening price and band."""

    price_fen: int
    band: tuple[int, int]


class Honest:
    """Makes the market day by day."""

    def __init__(self, dice: Dice, world: World, recorder: Recorder, days: int) -> None:
        self._dice, self._world, self._recorder, self._days = dice, world, recorder, days
        self._mid = dice.between(6000, 9000) * 1.0
        self._band = (0, 0)
        self.start_fen = round(self._mid)
        self.paths: list[Path] = []
        self._news = {dice.below(days) for _ in range(2)}

    def run(self) -> None:
        """All days."""
        close = self.start_fen
        for day in range(self._days):
            self._band = (round(close * (1 - BAND)), round(close * (1 + BAND)))
            jump = 0.07 * self._dice.pick((-1, 1)) if day in self._news else 0.0
            self._mid = close * exp(jump + 0.008 * normal(self._dice))
            self.paths.append(Path(self._priced(0.0), self._band))
            close = self._day(day, jump) or close

    def _day(self, day: int, jump: float) -> int:
        """One day; returns its close, 0 without trades."""
        dice = self._dice
        wait = (self._days * _DEADLINE - day) / self._days
        rush = 2.5 * exp(-12 * wait) if wait >= 0 else -0.4
        busy = (1 + rush + (1.0 if jump else 0.0)) * exp(0.35 * normal(dice))
        seconds = sorted(self._second() for _ in range(max(3, round(28 * busy))))
        volume = turnover = 0
        for second in seconds:
            for amount, price in self._meeting(day, second, rush):
                volume, turnover = volume + amount, turnover + amount * price
        self._quotes(day)
        self._hopes(day, jump)
        self._transfers(day, wait)
        return round(turnover / volume) if volume else 0

    def _second(self) -> float:
        """A second of the session; more at the opening and before the close."""
        dice, roll = self._dice, self._dice.roll()
        if roll < 0.15:
            return dice.roll() * 900
        if roll < 0.35:
            return SESSION - dice.roll() * 1800
        return dice.roll() * SESSION

    def _priced(self, change: float) -> int:
        """A price so far from the middle, within the band."""
        return min(max(round(self._mid * (1 + change)), self._band[0]), self._band[1])

    def _amount(self, scale: float) -> int:
        """Half of all amounts are round, the others have a heavy tail."""
        dice = self._dice
        if dice.chance(0.5):
            return dice.pick(_ROUND)
        return max(10, round(scale * exp(1.1 * normal(dice))))

    def _taker(self, rush: float) -> tuple[Account, str]:
        """Who comes to the market, and what for."""
        dice, roles = self._dice, self._world.roles
        if dice.chance(0.5 + 0.1 * max(rush, 0)):
            role = "short" if dice.chance(0.6) else "long"
            return roles[role].pick(dice), "buy" if role == "short" else "sell"
        role = "speculator" if dice.chance(0.85) else "provider"
        return roles[role].pick(dice), dice.pick(("buy", "sell"))

    def _maker(self, taker: Account, side: str) -> Account | None:
        """Who waits on the side; None: nobody but the taker itself."""
        dice, roles = self._dice, self._world.roles
        roll = dice.roll()
        obliged = "short" if side == "buy" else "long"
        role = "provider" if roll < 0.5 else "speculator" if roll < 0.75 else obliged
        maker = roles[role].pick(dice)
        return None if maker.holder == taker.holder else maker

    def _meeting(self, day: int, second: float, rush: float) -> list[tuple[int, int]]:
        """An order that meets one to three waiting ones; amounts and prices of the trades."""
        dice, recorder = self._dice, self._recorder
        taker, side = self._taker(rush)
        left = self._amount(300 * (1 + max(rush, 0)))
        sign, now = (1 if side == "buy" else -1), session(day, second)
        fills: list[tuple[OrderRow, int, int]] = []
        # Some are impatient, or find few who wait: they pay up to 4 % more than the middle.
        spread = 0.001 + (0.04 * dice.roll() ** 2 if dice.chance(0.06) else 0.0)
        for _ in range(3):
            maker = self._maker(taker, _OTHER[side])
            if maker is None or not left:
                continue
            price = self._priced(sign * (spread + 0.002 * dice.roll()))
            offered = self._amount(400)
            amount = min(left, offered)
            placed = session(day, second * dice.roll())
            ended = ("cancelled" if dice.chance(0.5) else "expired") if offered > amount else ""
            waiting = recorder.order(
                placed, maker, _OTHER[side], price, offered, self._band, ended,
                now + dice.roll() * 600 if ended == "cancelled" else closing(day),
            )  # fmt: skip
            fills.append((waiting, price, amount))
            left -= amount
            spread *= 1.2
            self._mid *= 1 + sign * 0.0004 + 0.0008 * normal(dice)
        if not fills:
            return []
        price = 0 if dice.chance(0.2) else self._priced(sign * 0.004)
        whole = sum(amount for _, _, amount in fills) + left
        order = recorder.order(
            now, taker, side, price, whole, self._band, "expired" if left else "", closing(day)
        )
        for waiting, price, amount in fills:
            recorder.trade(now, price, amount, order, waiting)
        return [(amount, price) for _, price, amount in fills]

    def _quotes(self, day: int) -> None:
        """Providers' quotes that nobody met, withdrawn within minutes to be set anew."""
        dice = self._dice
        for account in self._world.of("provider"):
            for _ in range(dice.between(6, 20)):
                side = dice.pick(("buy", "sell"))
                price = self._priced((-1 if side == "buy" else 1) * (0.002 + 0.006 * dice.roll()))
                placed = session(day, dice.roll() * (SESSION - 1800))
                life = 30 + dice.roll() ** 2 * 1700
                self._recorder.order(
                    placed, account, side, price, dice.pick((500, 1000, 1000, 2000)), self._band,
                    "cancelled", placed + life,
                )  # fmt: skip

    def _hopes(self, day: int, jump: float) -> None:
        """Orders that wait all day for a price that does not come; with news, at the limit."""
        dice = self._dice
        for _ in range(dice.between(10, 30)):
            account = self._world.roles[dice.pick(("speculator", "short", "long"))].pick(dice)
            side = "sell" if account.role == "long" else "buy"
            if account.role == "speculator":
                side = dice.pick(("buy", "sell"))
            if dice.chance(0.35 if jump else 0.03):
                up = jump > 0 if jump else side == "sell"
                price = self._band[1] if up else self._band[0]
            else:
                price = self._priced((-1 if side == "buy" else 1) * (0.01 + 0.05 * dice.roll()))
            placed = session(day, dice.roll() * SESSION)
            self._recorder.order(
                placed, account, side, price, self._amount(300), self._band, "expired", closing(day)
            )

    def _transfers(self, day: int, wait: float) -> None:
        """Transfers between holders; treasuries pass some on, and before the deadline units come in
        to be surrendered."""
        dice, recorder = self._dice, self._recorder
        for _ in range(dice.between(0, 3) + (4 if 0 <= wait < 0.06 else 0)):
            account = self._world.roles[dice.pick(("short", "long"))].pick(dice)
            came, at = round(1500 * exp(normal(dice))), session(day, dice.roll() * SESSION)
            recorder.move(at, account, came, 0)
            if dice.chance(0.25):
                went = came if dice.chance(0.3) else round(came * dice.roll()) or 1
                recorder.move(at + 3600 + 86400 * 5 * dice.roll(), account, 0, went)
