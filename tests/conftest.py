"""What must hold of the process that runs any test?"""

from __future__ import annotations

import signal

# A shell starts what runs in the background with SIGINT ignored, and so would every program that a test starts: none of
# them could be interrupted.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
