"""Hierarchical risk parity: risk split down a tree of assets that move together."""

from __future__ import annotations

import numpy as np

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.optimise import Matrix, Weights


def hierarchical_risk_parity(covariance: Matrix) -> Weights:
    """Weights by recursive bisection of the clustered assets, each half by the inverse of its variance.

    The distance of two assets is sqrt((1 - correlation) / 2) with Pearson's correlation, clusters are joined by single
    linkage, and the halves are those of the ordered list.

    Source:
        Lopez de Prado (2016), Building Diversified Portfolios that Outperform Out of Sample.
    """
    deviation = np.sqrt(np.diag(covariance))
    if deviation.min() <= 1e-10 * deviation.max(initial=0.0):
        return Undefined("an asset does not vary, so its correlations do not exist")
    correlation = np.clip(covariance / np.outer(deviation, deviation), -1.0, 1.0)
    order = single_linkage_order(np.sqrt((1.0 - correlation) / 2.0))
    weights = np.ones(len(covariance))
    parts = [order]
    while parts:
        part = parts.pop()
        if len(part) < 2:
            continue
        left, right = part[: len(part) // 2], part[len(part) // 2 :]
        risk = [_cluster_variance(covariance, half) for half in (left, right)]
        if risk[0] + risk[1] <= 0:
            return Undefined("some assets cancel each other out, so there is no risk to split")
        share = 1.0 - risk[0] / (risk[0] + risk[1])
        weights[left] *= share
        weights[right] *= 1.0 - share
        parts += [left, right]
    return weights


def _cluster_variance(covariance: Matrix, members: list[int]) -> float:
    """Variance of a cluster whose members are weighted by the inverse of their own."""
    own = covariance[np.ix_(members, members)]
    weights = 1.0 / np.diag(own)
    weights /= weights.sum()
    return float(weights @ own @ weights)


def single_linkage_order(distance: Matrix) -> list[int]:
    """Leaves of the single-linkage tree from left to right, the earlier cluster of two on the left.

    The tree is built from the edges of a minimum spanning tree, nearest first.
    """
    size = len(distance)
    clusters: dict[int, list[int]] = {i: [i] for i in range(size)}
    where = list(range(size))  # cluster of each asset; a join makes a new number, as the usual linkage matrices count
    for number, (near, far) in enumerate(_spanning_tree(distance), start=size):
        left, right = sorted((where[near], where[far]))
        joined = clusters.pop(left) + clusters.pop(right)
        clusters[number] = joined
        for member in joined:
            where[member] = number
    [order] = clusters.values()
    return order


def _spanning_tree(distance: Matrix) -> list[tuple[int, int]]:
    """Edges of a minimum spanning tree (Prim), shortest first, in order of discovery among equals."""
    size = len(distance)
    reached = np.zeros(size, dtype=bool)
    nearest: Column = np.full(size, np.inf)
    parent = np.zeros(size, dtype=np.int64)
    edges: list[tuple[float, int, int]] = []
    current = 0
    for _ in range(size - 1):
        reached[current] = True
        closer = ~reached & (distance[current] < nearest)
        nearest[closer] = distance[current][closer]
        parent[closer] = current
        following = int(np.argmin(np.where(reached, np.inf, nearest)))
        edges.append((float(nearest[following]), int(parent[following]), following))
        current = following
    edges.sort(key=lambda edge: edge[0])
    return [(near, far) for _, near, far in edges]
