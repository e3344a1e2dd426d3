"""vLLM on a real GPU: run by hand with the Python that has vLLM, as docs/how-to/try-a-gpu.md says."""
