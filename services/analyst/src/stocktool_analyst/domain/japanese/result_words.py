"""Words of results in Japanese: labels, kinds of entries, figures, rules."""

from __future__ import annotations

from collections.abc import Mapping

RESULT_WORDS: Mapping[str, str] = {
    # How a portfolio is split, and the labels of its parts.
    "sector": "セクター", "symbol": "銘柄", "holding": "銘柄", "class": "資産クラス", "country": "国",
    "currency": "通貨",
    "account": "口座", "part": "項目", "cash": "現金", "Technology": "テクノロジー", "Energy": "エネルギー",
    "Financial Services": "金融サービス", "Financials": "金融", "Healthcare": "ヘルスケア",
    "Health Care": "ヘルスケア",
    "Consumer Cyclical": "一般消費財", "Consumer Discretionary": "一般消費財", "Consumer Defensive": "生活必需品",
    "Consumer Staples": "生活必需品", "Communication Services": "通信サービス", "Industrials": "資本財",
    "Information Technology": "情報技術", "Utilities": "公益事業", "Real Estate": "不動産", "Materials": "素材",
    "Basic Materials": "素材", "United States": "米国",
    # Entries of a ledger and trades.
    "buy": "買い", "sell": "売り", "deposit": "入金", "withdrawal": "出金", "dividend": "配当", "interest": "利息",
    "fee": "手数料", "tax": "税", "split": "株式分割", "flow": "入出金", "fixed": "固定", "replay": "再生",
    # Figures whose way is explained, and their inputs.
    "twr": "時間加重リターン", "xirr": "XIRR", "sharpe": "シャープレシオ", "sortino": "ソルティノレシオ",
    "beta": "ベータ",
    "calmar": "カルマーレシオ", "max drawdown": "最大ドローダウン", "volatility": "ボラティリティ", "gain": "損益",
    "correlation": "相関", "cost basis": "取得コスト", "unrealised": "含み損益", "realised": "実現損益",
    "market value": "評価額", "income": "収入", "fees": "手数料", "taxes": "税金", "weight": "比率",
    "flows": "入出金",
    "value start": "期初の評価額", "value end": "期末の評価額",
    # Topics that have no tool.
    "performance": "成績", "risk": "リスク", "holdings": "保有銘柄", "allocation": "配分", "contribution": "寄与度",
    "tax lots": "実現損益", "explain": "計算過程", "transactions": "取引履歴", "portfolios": "ポートフォリオの一覧",
    "record": "記録",
    "xray": "診断", "what if": "売買の試算", "rebalance": "リバランス", "optimise": "最適化", "market": "市場の状態",
    "quote": "株価", "bars": "株価の推移", "compare": "比較", "profile": "会社情報", "fundamentals": "財務指標",
    "earnings": "決算", "dividends": "配当", "movers": "値動きの大きい銘柄", "news": "ニュース",
    "documents": "資料の検索",
    "page": "資料のページ",
    # Rules of the X-ray.
    "One holding weighs much": "一つの銘柄の比率が高い", "Five holdings weigh most": "上位五銘柄の比率が高い",
    "One sector weighs much": "一つのセクターの比率が高い", "One country weighs much": "一つの国の比率が高い",
    "Much is in foreign currencies": "外貨の比率が高い",
    "One account has nearly everything": "一つの口座に集中している",
    "Much cash lies idle": "現金が多く遊んでいる", "Too few holdings count": "実質的な銘柄数が少ない",
    "Holdings move together": "銘柄が同じ動きをしている",
    "One holding brings most of the risk": "一つの銘柄にリスクが偏っている",
    "The market's moves are magnified": "市場の動きが増幅されている",
    "Fees eat returns": "手数料がリターンを削っている",
    "The portfolio is under its high": "ポートフォリオが高値を下回っている", "Prices are old": "価格が古い",
    "Holdings have no price": "価格のない銘柄がある", "An account is overdrawn": "口座がマイナスになっている",
    "Splits are not booked": "株式分割が記録されていない",
    "Positions are too small to matter": "小さすぎる保有がある",
    "Little is known of some holdings": "情報の少ない銘柄がある",
}  # fmt: skip
