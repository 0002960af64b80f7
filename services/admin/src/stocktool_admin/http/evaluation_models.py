"""Bodies of evaluations."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from stocktool_kit.core.money import Money
from stocktool_kit.http.model import MoneyModel, RequestModel, ResponseModel

from stocktool_admin.domain.evaluations import (
    AxisScore,
    Evaluation,
    EvaluationFailure,
    FamilyScore,
    Latencies,
    ReceiptCounts,
    TokenCounts,
)

Count = Annotated[int, Field(ge=0, le=10_000_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=128)]
Milliseconds = Annotated[float | None, Field(ge=0)]


class AxisModel(RequestModel):
    """Checks of one kind."""

    name: Name = Field(description="`plan`, `figures`, `citations`, `conduct`, `receipts`.")
    met: Count
    asked: Count = Field(description="0 where no question looks at this.")


class FamilyModel(RequestModel):
    """Cases of one subject."""

    name: Name
    cases: Count
    passed: Count
    axes: list[AxisModel] = Field(max_length=16)


class ReceiptsModel(RequestModel):
    """Figures of all answers, by whether the server found where they come from."""

    matched: Count
    derived: Count
    unmatched: Count


class LatencyModel(RequestModel):
    """From the question to the first word and to the end; null where no answer had any."""

    first_word_p50_ms: Milliseconds
    first_word_p95_ms: Milliseconds
    whole_p50_ms: Milliseconds
    whole_p95_ms: Milliseconds


class TokensModel(RequestModel):
    """Tokens of all answers."""

    input: Count
    output: Count


class CostModel(RequestModel):
    """What the answers cost."""

    amount: str = Field(pattern=r"^\d{1,12}(\.\d{1,12})?$")
    currency: str = Field(pattern="^[A-Z]{3}$")


class FailureModel(RequestModel):
    """One check that was not met."""

    case: Name
    family: Name
    axis: Name
    question: str = Field(max_length=1000)
    expected: str = Field(max_length=1000)
    got: str = Field(max_length=1000)


class EvaluationBody(RequestModel):
    """A run of the golden questions."""

    at: datetime = Field(description="When it began.")
    model: Name
    commit: str = Field(max_length=64, description="With a plus when the code was changed since; empty: not known.")
    questions: Name = Field(description="Which set of questions it was.")
    only: list[Name] = Field(max_length=200, description="What alone was asked; empty for all of it.")
    cases: Count
    passed: Count
    axes: list[AxisModel] = Field(max_length=16)
    seconds: float = Field(ge=0)
    receipts: ReceiptsModel
    latency: LatencyModel
    tokens: TokensModel
    cost: CostModel | None = Field(description="Null where the deployment lists no price for the model.")
    families: list[FamilyModel] = Field(max_length=200)
    failures: list[FailureModel] = Field(max_length=300)

    def evaluation(self, evaluation_id: str) -> Evaluation:
        """Read a run."""
        return Evaluation(
            id=evaluation_id,
            at=self.at,
            model=self.model,
            commit=self.commit,
            questions=self.questions,
            only=tuple(self.only),
            cases=self.cases,
            passed=self.passed,
            axes=_axes(self.axes),
            seconds=self.seconds,
            receipts=ReceiptCounts(**self.receipts.model_dump()),
            latency=Latencies(**self.latency.model_dump()),
            tokens=TokenCounts(**self.tokens.model_dump()),
            cost=Money(Decimal(self.cost.amount), self.cost.currency) if self.cost else None,
            families=tuple(FamilyScore(each.name, each.cases, each.passed, _axes(each.axes)) for each in self.families),
            failures=tuple(EvaluationFailure(**each.model_dump()) for each in self.failures),
        )


def _axes(models: list[AxisModel]) -> tuple[AxisScore, ...]:
    return tuple(AxisScore(each.name, each.met, each.asked) for each in models)


class EvaluationSummary(ResponseModel):
    """A run without its families and failures."""

    id: str
    at: datetime
    model: str
    commit: str
    questions: str
    only: list[str]
    cases: int
    passed: int
    axes: list[AxisModel]
    seconds: float
    receipts: ReceiptsModel
    latency: LatencyModel
    tokens: TokensModel
    cost: MoneyModel | None

    @classmethod
    def of(cls, evaluation: Evaluation) -> EvaluationSummary:
        """Write a run."""
        return cls.model_validate(_summary(evaluation))


class EvaluationModel(EvaluationSummary):
    """A run, whole."""

    families: list[FamilyModel]
    failures: list[FailureModel]

    @classmethod
    def of(cls, evaluation: Evaluation) -> EvaluationModel:
        """Write a run."""
        families = [FamilyModel.model_validate(each, from_attributes=True) for each in evaluation.families]
        failures = [FailureModel.model_validate(each, from_attributes=True) for each in evaluation.failures]
        return cls.model_validate({**_summary(evaluation), "families": families, "failures": failures})


def _summary(evaluation: Evaluation) -> dict[str, object]:
    return {
        "id": evaluation.id,
        "at": evaluation.at,
        "model": evaluation.model,
        "commit": evaluation.commit,
        "questions": evaluation.questions,
        "only": list(evaluation.only),
        "cases": evaluation.cases,
        "passed": evaluation.passed,
        "axes": [AxisModel.model_validate(each, from_attributes=True) for each in evaluation.axes],
        "seconds": evaluation.seconds,
        "receipts": ReceiptsModel.model_validate(evaluation.receipts, from_attributes=True),
        "latency": LatencyModel.model_validate(evaluation.latency, from_attributes=True),
        "tokens": TokensModel.model_validate(evaluation.tokens, from_attributes=True),
        "cost": MoneyModel.of(evaluation.cost) if evaluation.cost is not None else None,
    }


class EvaluationList(ResponseModel):
    """Runs, newest first."""

    items: list[EvaluationSummary]
    next_page_token: str = Field(description="Empty on the last page.")
