"""Triton python backend over llama.cpp or vLLM. It runs in an image with Triton and imports nothing but this folder."""
