"""Builds the embedder's graph: all-MiniLM-L6-v2, fused, with 8-bit weights.

Runs when the distribution is built, on published weights. Exporters write some 600 small operators; here each
of the six layers is seven of onnxruntime's fused ones. Weights are quantised per output channel, activations as they
come. Seven bits, not eight: CPUs without VNNI add pairs of 8-bit products in 16 bits, which overflow and cost accuracy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

LAYERS = 6
HEADS = 12
DIMENSION = 384
MAX_TOKENS = 256
_EPSILON = 1e-12
_MATRIX_TOP = 63
_WORD_TOP = 127  # looked up, never multiplied with 8-bit activations
_FUSED = "com.microsoft"

Array = NDArray[np.float32]
Weights = Mapping[str, Array]


def read_weights(path: Path) -> Weights:
    """The tensors of the published graph by their usual names, 8-bit matrices multiplied out.

    That graph stores a matrix as `<name>_q` with a scale per output channel in `<name>_scale`, and names only the bias
    that is added to its product; so each matrix is named after the bias behind it.
    """
    graph = onnx.load(path).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for name in [name for name in stored if name.endswith("_q")]:
        plain = name.removesuffix("_q")
        stored[plain] = stored[name].astype(np.float32) * stored[f"{plain}_scale"]
    products = {node.output[0]: node.input[1] for node in graph.node if node.op_type == "MatMul"}
    weights = {name.removeprefix("inner."): value for name, value in stored.items() if name.startswith("inner.")}
    for node in graph.node:
        matrix = next((products[name] for name in node.input if name in products), None)
        bias = next((name for name in node.input if name.endswith(".bias")), None)
        if node.op_type == "Add" and matrix is not None and bias is not None:
            weights[f"{bias.removeprefix('inner.').removesuffix('.bias')}.weight"] = stored[matrix].T
    return weights


def build(weights: Weights) -> bytes:
    """The graph: `input_ids` [1, tokens] of int64 to `vector` [1, 384], the unit mean over all tokens."""
    graph = _Graph()
    states = _embeddings(graph, weights)
    for number in range(LAYERS):
        states = _layer(graph, weights, number, states)
    axis = graph.constant("tokens_axis", np.array([1], np.int64))
    mean = graph.node("ReduceMean", [states, axis], "mean", domain="", keepdims=0)
    graph.node("LpNormalization", [mean], "vector", domain="", axis=-1, p=2)
    return graph.serialised()


class _Graph:
    """Operators and constants as they are added."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operator: str, inputs: Sequence[str], *outputs: str, domain: str = _FUSED, **options: object) -> str:
        self._nodes.append(helper.make_node(operator, inputs, outputs, domain=domain, **options))
        return outputs[0]

    def quantised(self, name: str, matrix: Array) -> tuple[str, str, str]:
        """A matrix [in, out] with a scale per column; gives the names of values, scales and zero points."""
        values, scales = _rounded(matrix, _MATRIX_TOP, axis=0)
        return (
            self.constant(f"{name}.values", values),
            self.constant(f"{name}.scales", scales.reshape(-1)),
            self.constant(f"{name}.zeros", np.zeros(scales.size, np.int8)),
        )

    def linear(self, name: str, source: str, weights: Weights, tensor: str) -> str:
        values, scales, zeros = self.quantised(name, weights[f"{tensor}.weight"].T)
        bias = self.constant(f"{name}.bias", weights[f"{tensor}.bias"])
        return self.node("DynamicQuantizeMatMul", [source, values, scales, zeros, bias], f"{name}.out")

    def add_and_norm(self, name: str, left: str, right: str, weights: Weights, tensor: str) -> str:
        gain = self.constant(f"{name}.gain", weights[f"{tensor}.weight"])
        shift = self.constant(f"{name}.shift", weights[f"{tensor}.bias"])
        return self.node("SkipLayerNormalization", [left, right, gain, shift], f"{name}.out", epsilon=_EPSILON)

    def serialised(self) -> bytes:
        ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])
        vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, DIMENSION])
        graph = helper.make_graph(self._nodes, "all-MiniLM-L6-v2", [ids], [vector], self._constants)
        operators = [helper.make_opsetid("", 18), helper.make_opsetid(_FUSED, 1)]
        model = helper.make_model(graph, opset_imports=operators, ir_version=9, producer_name="stocktool")
        return model.SerializeToString(deterministic=True)


def _rounded(matrix: Array, top: int, *, axis: int) -> tuple[NDArray[np.int8], Array]:
    reach = np.abs(matrix).max(axis=axis, keepdims=True)
    scales = np.maximum(reach / np.float32(top), np.float32(1e-12)).astype(np.float32)
    return np.rint(matrix / scales).astype(np.int8), scales


def _embeddings(graph: _Graph, weights: Weights) -> str:
    prefix = "embeddings."
    values, scales = _rounded(weights[f"{prefix}word_embeddings.weight"], _WORD_TOP, axis=1)
    rows = graph.node("Gather", [graph.constant("words.values", values), "input_ids"], "rows.values", domain="")
    row_scales = graph.node("Gather", [graph.constant("words.scales", scales), "input_ids"], "rows.scales", domain="")
    widened = graph.node("Cast", [rows], "rows.float", domain="", to=TensorProto.FLOAT)
    words = graph.node("Mul", [widened, row_scales], "rows", domain="")
    # The model knows two kinds of text; passages and questions are always of the first.
    table = weights[f"{prefix}position_embeddings.weight"] + weights[f"{prefix}token_type_embeddings.weight"][0]
    positions = graph.constant("positions", table[None, :MAX_TOKENS])
    count = graph.node("Shape", ["input_ids"], "count", domain="", start=1, end=2)
    bounds = [graph.constant("first", np.array([0], np.int64)), count, graph.constant("axis", np.array([1], np.int64))]
    placed = graph.node("Slice", [positions, *bounds], "placed", domain="")
    total = graph.node("Add", [words, placed], "words_at_positions", domain="")
    gain = graph.constant("embeddings.gain", weights[f"{prefix}LayerNorm.weight"])
    shift = graph.constant("embeddings.shift", weights[f"{prefix}LayerNorm.bias"])
    options = {"axis": -1, "epsilon": _EPSILON}
    return graph.node("LayerNormalization", [total, gain, shift], "embedded", domain="", **options)


def _layer(graph: _Graph, weights: Weights, number: int, states: str) -> str:
    tensor, name = f"encoder.layer.{number}", f"layer{number}"
    heads = [f"{tensor}.attention.self.{part}" for part in ("query", "key", "value")]
    values, scales, zeros = graph.quantised(
        f"{name}.heads", np.concatenate([weights[f"{head}.weight"].T for head in heads], axis=1)
    )
    bias = graph.constant(f"{name}.heads.bias", np.concatenate([weights[f"{head}.bias"] for head in heads]))
    seen = [f"{name}.seen", f"{name}.seen.scale", f"{name}.seen.zero"]
    graph.node("DynamicQuantizeLinear", [states], *seen, domain="")
    attended = graph.node(
        "QAttention", [seen[0], values, bias, seen[1], scales, "", seen[2], zeros], f"{name}.attended", num_heads=HEADS
    )
    said = graph.linear(f"{name}.said", attended, weights, f"{tensor}.attention.output.dense")
    middle = graph.add_and_norm(f"{name}.middle", said, states, weights, f"{tensor}.attention.output.LayerNorm")
    wide = graph.linear(f"{name}.wide", middle, weights, f"{tensor}.intermediate.dense")
    bent = graph.node("Gelu", [wide], f"{name}.bent")
    narrow = graph.linear(f"{name}.narrow", bent, weights, f"{tensor}.output.dense")
    return graph.add_and_norm(f"{name}.end", narrow, middle, weights, f"{tensor}.output.LayerNorm")
