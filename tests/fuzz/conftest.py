"""The fuzzer: programs that run in processes of their own, without examples to be tried."""

collect_ignore = ["bad.py", "fuzzer.py", "kept.py", "kinds.py", "mutations.py", "worker.py"]
