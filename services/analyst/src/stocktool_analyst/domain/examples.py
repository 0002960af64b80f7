"""Ways to ask, by topic: what an unclear question is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stocktool_analyst.domain.topics import Topic

WAYS_TO_ASK: Mapping[Topic, Sequence[str]] = {
    Topic.PERFORMANCE: (
        "How did my portfolio do?",
        "How much money have I made?",
        "Am I up or down since I started?",
        "Has my wealth grown over time?",
        "Did my savings do well last year?",
        "Are my investments paying off overall?",
    ),
    Topic.RISK: (
        "How risky is my portfolio?",
        "How much could I lose in a bad period?",
        "How much does the value swing?",
        "What was the worst fall I went through?",
        "Are my investments volatile or calm?",
        "Is what I own safe enough to sleep well?",
    ),
    Topic.HOLDINGS: (
        "What do I hold?",
        "List everything in my portfolio",
        "What is my portfolio worth in total?",
        "Which stocks do I own and how many?",
        "How much cash is not invested?",
        "Show an inventory of my positions",
    ),
    Topic.ALLOCATION: (
        "How is my portfolio allocated?",
        "Is my money concentrated in one place?",
        "Am I well diversified over sectors?",
        "In which countries and industries is my money?",
        "How balanced or lopsided is my portfolio?",
        "What share does each position have?",
    ),
    Topic.CONTRIBUTION: (
        "What drove my return?",
        "Which stocks helped the most?",
        "Which holdings hurt my portfolio?",
        "Who is responsible for the loss?",
        "Which of my picks were the winners?",
        "Which positions lagged behind?",
    ),
    Topic.INCOME: (
        "How much dividends did I receive?",
        "What income do my shares pay me?",
        "How much money do companies pay out to me every year?",
        "When do I get paid dividends?",
        "What is my passive income?",
    ),
    Topic.TAX_LOTS: (
        "What gains did I realise by selling?",
        "How much profit do I have to tax?",
        "Which sales made a loss?",
        "What did I earn on the shares I sold?",
        "What do I owe the tax office?",
    ),
    Topic.TRANSACTIONS: (
        "Show my latest transactions",
        "What did I buy and sell recently?",
        "Show the history of my orders",
        "When did I last deposit money?",
        "What happened in my account?",
    ),
    Topic.XRAY: (
        "Check my portfolio for problems",
        "What is wrong with my portfolio?",
        "What are my weak spots?",
        "Review my investments critically",
        "Which mistakes am I making?",
    ),
    Topic.REBALANCE: (
        "Rebalance my portfolio to its targets",
        "Bring my weights back to where they belong",
        "My allocation has drifted, correct it",
        "Make all positions equally large",
    ),
    Topic.OPTIMISE: (
        "Which weights carry the least risk?",
        "Find the mix with the lowest volatility",
        "Optimise my portfolio",
        "What is the most efficient combination of my holdings?",
    ),
    Topic.PORTFOLIOS: ("Which portfolios do I have?", "List my accounts", "Name all my depots"),
    Topic.MARKET: (
        "Is the market open?",
        "Can I trade at this time of day?",
        "What are the trading hours of the stock exchange?",
    ),
    Topic.MOVERS: (
        "Which stocks moved most today?",
        "What are the biggest gainers and losers of the day?",
        "Which shares jumped or crashed today?",
        "What is happening on the stock market today?",
    ),
    Topic.DOCUMENTS: (
        "What do my documents say about this?",
        "Search the files I uploaded",
        "Is this mentioned in my papers?",
        "Find the clause in the contract I gave you",
    ),
    Topic.ADVICE: (
        "Should I sell?",
        "Which stock should I buy?",
        "What would you do in my place?",
        "Where will the market be next year?",
        "Which of them is the best investment?",
    ),
}
"""The first way of each topic is the one offered when the analyst asks back."""
OFF_TOPIC: Sequence[str] = (
    "What is the weather like?",
    "Tell me a joke",
    "Who won the football game?",
    "Write a poem about cats",
    "How do I cook pasta?",
    "What is the capital of France?",
    "Translate this sentence",
    "Who is the president?",
    "How old are you?",
    "What is the meaning of life?",
    "Recommend a good movie",
    "Write a program that sorts numbers",
)
"""Questions that are none of the analyst's business: what is nearest to them stays refused."""
