"""Tanheng 碳衡: carbon accounting in which every number can be asked why.

Rooms, from the ground up: ``quantity``, ``period``, ``errors``, ``why``; ``accounting`` (the
method); ``excel``, ``engines`` and ``report`` (ways in and out); ``simulate``; ``cli``.
"""

__version__ = "0.1.0"
