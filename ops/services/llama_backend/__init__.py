"""Triton python backend over llama.cpp. It runs in the Triton image and imports nothing but this folder."""
