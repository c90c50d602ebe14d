"""The command line ``tanheng``.

    app       commands and their options
    opening   record sets, workbooks and published tables → an account
    show      what a person reads on a terminal
    output    what a machine reads: JSON, Parquet; and the files of ``--out``
    demo      the three examples

Exit codes: 0 done, 1 findings or a refusal, 2 wrong use, 3 a fault of the program or machine.
"""

from tanheng.cli.app import main

__all__ = ["main"]
