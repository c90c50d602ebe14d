"""Synthetic record sets, for tests, demonstrations and measurements of speed.

``generate(units, seed, out)`` writes the records of an invented industrial region that closes in
every class and region, whose supply network is productive, and that holds a bit of everything the
method knows: joint products, traders, capital purchases, offices of makers, named suppliers, trade
between regions, stocks, capture, classes that only come from outside. The same seed gives the same
bytes. Nothing in it is a statistic: figures are of a plausible order of magnitude, names are made
up.

How the data flow, one module a step::

    catalogue, recipes      base classes and how they are made (data)
      → classes, economy    classes, products, recipes, demand of a region of this size
      → population          units: use, region, class, size
      → outputs → inputs    what they make; what they buy, and from whom
      → direct, closing     what they emit; trade and stocks that close the balance
      → records → writing   tables, batch by batch, onto disk
    region                  puts the steps together
"""

from tanheng.simulate.arrays import Progress
from tanheng.simulate.region import MAX_UNITS, MIN_UNITS, generate
from tanheng.simulate.writing import FORMATS, Format

__all__ = ["FORMATS", "MAX_UNITS", "MIN_UNITS", "Format", "Progress", "generate"]
