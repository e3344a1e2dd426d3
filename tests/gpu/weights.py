"""SmolLM2's GGUF file as a directory that vLLM reads: `python3 -m tests.gpu.weights FILE.gguf DIRECTORY`.

Package registries carry the model as GGUF only. The names and the order of rows are those of transformers' Llama
(llama.cpp's converter turns the rows of each head of q and k into pairs; here they are turned back).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy  # type: ignore[import-not-found]  # beside vLLM only, as the others
import tokenizers  # type: ignore[import-not-found]
from gguf import GGUFReader, quants  # type: ignore[import-not-found]
from safetensors.numpy import save_file  # type: ignore[import-not-found]

_NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_CONTROL = 3
"""GGUF's type of a token that no text makes."""


def convert(source: Path, target: Path) -> None:
    """Write config.json, model.safetensors, tokenizer.json and tokenizer_config.json into a directory."""
    reader = GGUFReader(source)
    facts = {name: field.contents() for name, field in reader.fields.items()}
    target.mkdir(parents=True, exist_ok=True)
    save_file(dict(_tensors(reader, facts)), target / "model.safetensors", metadata={"format": "pt"})
    (target / "config.json").write_text(json.dumps(_configuration(facts), indent=2))
    _tokenizer(facts).save(str(target / "tokenizer.json"))
    (target / "tokenizer_config.json").write_text(json.dumps(_tokenizer_configuration(facts), indent=2))


def _tensors(reader: Any, facts: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    heads = {"attn_q": "llama.attention.head_count", "attn_k": "llama.attention.head_count_kv"}
    for tensor in reader.tensors:
        *block, part, _ = tensor.name.split(".")
        values = quants.dequantize(tensor.data, tensor.tensor_type)
        if part in heads:
            pairs = values.reshape(facts[heads[part]], -1, 2, values.shape[-1])
            values = pairs.swapaxes(1, 2).reshape(values.shape)
        prefix = f"model.layers.{block[1]}." if block else ""
        yield f"{prefix}{_NAMES[part]}.weight", numpy.ascontiguousarray(values.astype(numpy.float16))


def _configuration(facts: dict[str, Any]) -> dict[str, object]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": facts["llama.embedding_length"],
        "intermediate_size": facts["llama.feed_forward_length"],
        "num_hidden_layers": facts["llama.block_count"],
        "num_attention_heads": facts["llama.attention.head_count"],
        "num_key_value_heads": facts["llama.attention.head_count_kv"],
        "max_position_embeddings": facts["llama.context_length"],
        "rms_norm_eps": facts["llama.attention.layer_norm_rms_epsilon"],
        "rope_theta": facts["llama.rope.freq_base"],
        "vocab_size": facts["llama.vocab_size"],
        "bos_token_id": facts["tokenizer.ggml.bos_token_id"],
        "eos_token_id": facts["tokenizer.ggml.eos_token_id"],
        "tie_word_embeddings": True,
        "torch_dtype": "float16",
    }


def _tokenizer(facts: dict[str, Any]) -> Any:
    """Return the byte-level BPE tokenizer with single digits that llama.cpp calls `smollm`."""
    tokens = facts["tokenizer.ggml.tokens"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    merges = [tuple(merge.split(" ")) for merge in facts["tokenizer.ggml.merges"]]
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [
            tokenizers.pre_tokenizers.Digits(individual_digits=True),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    kinds = facts["tokenizer.ggml.token_type"]
    tokenizer.add_special_tokens([token for token, kind in zip(tokens, kinds, strict=True) if kind == _CONTROL])
    return tokenizer


def _tokenizer_configuration(facts: dict[str, Any]) -> dict[str, object]:
    tokens = facts["tokenizer.ggml.tokens"]
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": tokens[facts["tokenizer.ggml.bos_token_id"]],
        "eos_token": tokens[facts["tokenizer.ggml.eos_token_id"]],
        "chat_template": facts["tokenizer.chat_template"],
        "model_max_length": facts["llama.context_length"],
        "clean_up_tokenization_spaces": False,
    }


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
