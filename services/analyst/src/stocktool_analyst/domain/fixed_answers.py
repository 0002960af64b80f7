"""Answers that are the same each time: their English, under which the packs of other languages keep their own."""

from __future__ import annotations

GREETING = (
    "Hello. I am StockTool's offline analyst: I answer by rules, only from what the tools return. Ask me how your"
    " portfolio did, how risky it is, what you hold, or what your documents say."
)
THANKS = 'You are welcome. You could go on with "What drove my return?" or "Check my portfolio".'
HELP = """\
I am the offline analyst: no language model, just rules over the same tools. I understand questions in English and
Japanese about

- performance and what drove it: "How did I do this year against SPY?", "What drove my return?"
- risk and health: "How risky is my portfolio?", "Check my portfolio"
- holdings and allocation: "What do I hold?", "How am I allocated by currency?"
- income and sales: "How much dividends did I get this year?", "What did I realise in 2023?"
- where a figure comes from and what it means: "How is my XIRR computed?", "What is beta?"
- plans: "What if I sold half my AAPL?", "Rebalance to 60 % SPY and 40 % AAPL", "Which weights carry the least risk?"
- the ledger: "Show my latest transactions", "Record that I bought 10 AAPL at 230 on 2024-11-20"
- prices and companies: "What is the price of AAPL?", "Compare AAPL and JPM", "When does Apple report earnings?"
- the day: "What are the largest movers?", "Is the market open?"
- your documents: "What do my documents say about cash flow?"
- the years ahead: "Where could my portfolio stand in 20 years if I save 500 a month?"
- watches: "Alert me when AAPL is above 250", "How often would JPM below 200 have fired?"
- work in the background: "Make a statement for 2023", "Is my analysis ready?"

With a model key configured, a language model answers instead and understands far more."""
ADVICE = (
    "I cannot tell you what to buy or sell: I neither predict prices nor advise. These are the facts that such a"
    " decision can start from."
)
OTHERS = "I can only see your own portfolios and documents. What other people own or wrote, I cannot show."
UNKNOWN = (
    "I cannot answer that. I am the offline analyst and understand questions about your portfolio's performance, risk,"
    ' holdings and allocation, about prices, and about your documents. Ask "help" for examples.'
)
