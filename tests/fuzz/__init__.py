"""Fuzzing of everything that hostile peers can reach: one file per parser, run by `make fuzz`.

    python -m tests.fuzz.fuzz_rdcleanpath -max_total_time=60

Each file feeds libFuzzer's bytes to one parser and lets only its documented errors pass;
where two ways must agree (any chunking, encode after decode) it compares them.
"""
