"""SNTP: the 48 bytes, the timestamps, and what a client makes of an answer. The mirror of ntp/src/sntp."""
