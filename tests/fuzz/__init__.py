"""Coverage-guided fuzzing with atheris: `make fuzz SECONDS=120`.

`read` and `patch` are the targets, plain functions from bytes that raise where something is wrong;
`corpus/` holds what they start from, which `test_fuzz_corpus.py` runs without atheris.
"""
