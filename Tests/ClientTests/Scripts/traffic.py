"""traffic.py URL: sends GETs, a hundred a second for a minute at most; a line for each reply."""

import concurrent.futures
import sys
import time
import urllib.request

SECONDS = 60
PAUSE = 0.01


def ask(_):
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=5) as reply:
            return reply.read().decode()
    except OSError as error:
        return f"error: {error}"


end = time.monotonic() + SECONDS
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    while time.monotonic() < end:
        for answer in pool.map(ask, range(4)):
            print(answer)
        time.sleep(4 * PAUSE)
