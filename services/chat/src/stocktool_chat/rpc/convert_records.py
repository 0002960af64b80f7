"""Links, reruns, choices, models and limits as protobuf messages."""

from __future__ import annotations

from decimal import Decimal

from stocktool.chat.v1 import chat_service_pb2 as pb
from stocktool.common.v1.money_pb2 import Money

from stocktool_chat.application.usage import Today
from stocktool_chat.domain.pricing import Catalogue, ModelOffer
from stocktool_chat.domain.reruns import Difference, Rerun
from stocktool_chat.domain.retention import Retention
from stocktool_chat.domain.shares import Share
from stocktool_chat.rpc.convert import instant_to_proto


def share_to_proto(share: Share) -> pb.Share:
    """A link without its token."""
    return pb.Share(
        id=share.id,
        title=share.title,
        turns=len(share.turn_ids),
        created_at=instant_to_proto(share.created_at),
        expires_at=instant_to_proto(share.expires_at),
    )


def rerun_to_proto(rerun: Rerun) -> pb.Rerun:
    """What running a turn again gave."""
    return pb.Rerun(
        id=rerun.id,
        ran_at=instant_to_proto(rerun.ran_at),
        compared=rerun.compared,
        changed=rerun.changed,
        differences=[_difference(each) for each in rerun.differences],
        failed=dict(rerun.failed),
    )


def to_retention(value: pb.Retention.ValueType) -> Retention:
    """A choice; the shape rules let nothing else pass."""
    return Retention[pb.Retention.Name(value).removeprefix("RETENTION_")]


def catalogue_to_proto(catalogue: Catalogue) -> pb.ListModelsResponse:
    """The models on offer."""
    return pb.ListModelsResponse(models=[_model(offer, catalogue.default) for offer in catalogue.offers.values()])


def today_to_proto(today: Today) -> pb.GetTodayResponse:
    """What was used today, and what may be."""
    limit = today.allowance.cost
    return pb.GetTodayResponse(
        turns=today.spent.turns,
        tokens=today.spent.tokens,
        cost=_dollars(today.spent.cost),
        tokens_limit=today.allowance.tokens,
        cost_limit=None if limit is None else _dollars(limit),
        resets_at=instant_to_proto(today.resets_at),
    )


def _difference(found: Difference) -> pb.Difference:
    return pb.Difference(
        call_id=found.call_id,
        tool=found.tool,
        path=found.path,
        old=found.old,
        new=found.new,
        shown_as=found.shown_as,
    )


def _model(offer: ModelOffer, default: str) -> pb.Model:
    read, written = offer.input_per_million, offer.output_per_million
    return pb.Model(
        name=offer.name,
        is_default=offer.name == default,
        input_per_million=None if read is None else _dollars(read),
        output_per_million=None if written is None else _dollars(written),
    )


def _dollars(amount: Decimal) -> Money:
    return Money(amount=f"{amount:f}", currency="USD")
