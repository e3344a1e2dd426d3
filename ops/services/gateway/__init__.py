"""The OpenAI-compatible API in front of the models. It runs in its own image and imports nothing but this folder."""
