"""Sentences on errands in Japanese by their English templates."""

from __future__ import annotations

from collections.abc import Mapping

ERRANDS: Mapping[str, str] = {
    "{symbol} closed at **{close}** on {day}.": "{symbol} の {day} の終値は **{close}** です。",
    "There are no prices to work indicators out from.": "指標を計算するための株価がありません。",
    "Worked out from daily prices ({source}), adjusted for splits; this is no advice.": (
        "日次の株価（{source}、株式分割調整済み）から計算しました。助言ではありません。"
    ),
    "{days}-day average": "{days}-day 移動平均",
    "{days}-day exponential average": "{days}-day 指数移動平均",
    "{days}-day RSI": "{days}-day RSI",
    "{days}-day ATR": "{days}-day ATR",
    "Indicator": "指標",
    "Value": "値",
    "undefined": "計算不能",
    "Undefined: {reasons}.": "計算できないもの：{reasons}。",
    "The prices are stale.": "株価は古くなっています。",
    "The market is open": "市場は開いています",
    "The market is closed": "市場は閉まっています",
    "{state} (now {now} UTC).": "{state}（現在 {now} UTC）。",
    "{state}.": "{state}。",
    "Broad funds": "市場全体のファンド",
    "Largest rises": "値上がり上位",
    "Largest falls": "値下がり上位",
    "Change": "変化率",
    " (stale)": "（古い値）",
    "Symbols considered: {count}.": "対象の銘柄数： {count} 。",
    "Nothing can be projected.": "将来の試算はできません。",
    "From **{initial}** on {day}, the simulation of {paths} paths sees these values after {years} years:": (
        "{day} の **{initial}** から始め、 {paths} 通りの試算では {years} 年後の値は次のとおりです。"
    ),
    "in the worst twentieth at most": "最も悪い二十分の一（最大）",
    "in the lowest quarter at most": "下から四分の一まで（最大）",
    "in the median case": "中央値",
    "in the best quarter at least": "上から四分の一まで（最低）",
    "in the best twentieth at least": "最も良い二十分の一（最低）",
    "The probability of ending with a loss is {share}.": "元の額を割り込む確率は {share} です。",
    "The probability that the money is depleted is {share}.": "資金が尽きる確率は {share} です。",
    "A monthly withdrawal of {amount} would last in most cases.": (
        "毎月 {amount} の引き出しなら、ほとんどの場合に続きます。"
    ),
    "It assumes a yearly drift of {drift} and a volatility of {volatility}": (
        "年率の平均 {drift} 、ボラティリティ {volatility} を仮定しています"
    ),
    ", from your history since {day}": "（ {day} 以降の実績による）",
    "{growth}{taken}.": "{growth}{taken}。",
    "You named an amount in {said}, but the portfolio counts in {base}: the simulation took it as {base}. Ask with"
    " the amount in {base}.": (
        "{said}の金額でお尋ねですが、ポートフォリオの通貨は{base}のため、試算は{base}の金額として計算しました。"
        "{base}の金額でお尋ねください。"
    ),
    "This is a simulation, no forecast.": "これは試算であり、予測ではありません。",
    "I prepared this watch: **{summary}**. It waits for your approval below; nothing is set until you approve it.": (
        "アラートを用意しました：**{summary}**。下で承認するまで、何も設定されません。"
    ),
    "You have no watch yet.": "アラートはまだありません。",
    "Your watches:": "アラートの一覧：",
    "Watch": "アラート",
    "Fires when": "条件",
    "State": "状態",
    "Last fired": "前回の通知",
    "armed": "待機中",
    "fired": "通知済み",
    "snoozed": "停止中",
    "disabled": "無効",
    "expired": "期限切れ",
    'The rule "{rule}" would not have fired{span}.': "条件「{rule}」は{span}一度も成立しませんでした。",
    'The rule "{rule}" would have fired **once**{span}: on {days}.': (
        "条件「{rule}」は{span}一度通知されたはずです： {days} 。"
    ),
    'The rule "{rule}" would have fired **{count} times**{span}: on {days}.': (
        "条件「{rule}」は{span} **{count}** 回通知されたはずです： {days} 。"
    ),
    "It held on {held} of {days} days.": "対象の取引日 {days} のうち、成立していたのは {held} です。",
    "On some days it could not be told: {reasons}.": "判定できない日もありました：{reasons}。",
    "Nothing is stored by this.": "何も保存されません。",
    "portfolio analysis": "ポートフォリオ分析",
    "optimisation": "最適化",
    "projection": "将来の試算",
    "tax report": "税務報告",
    "statement": "報告書",
    "analysis": "分析",
    "I started the {kind} in the background; you are told when it has ended. Its id is {id}.": (
        "{kind}をバックグラウンドで開始しました。終わるとお知らせします。番号は {id} です。"
    ),
    "The {kind} failed: {problem}.": "{kind}は失敗しました：{problem}。",
    "The {kind} is still {state}.": "{kind}はまだ{state}です。",
    "queued": "順番待ち",
    "running": "実行中",
    " Finished so far: {steps}.": "終わった部分：{steps}。",
    "The {kind} of {day} is done.": "{day} の{kind}が終わりました。",
    "Its files wait on the page of reports: {names}.": "ファイルは報告書のページにあります：{names}。",
    "Total value": "評価額",
    "Median value at the end": "最終年の中央値",
    "Time-weighted return": "時間加重収益率",
    "Money-weighted return": "金額加重収益率",
    "Gain": "損益",
    "Realised gain": "実現損益",
    "Unrealised gain": "含み損益",
    "Held short": "短期保有",
    "Held long": "長期保有",
    "Mean return by the method": "手法による平均収益率",
    "Volatility by the method": "手法によるボラティリティ",
    "The value is **{outcome}**, computed from {figures}.": "答えは **{outcome}** です（ {figures} から計算）。",
    "The web's search found nothing.": "ウェブ検索では何も見つかりませんでした。",
    "Found on the web ({source}); these are the words of others:": "ウェブ（{source}）で見つかった、他者の言葉です：",
    "work the indicators out": "指標の計算",
    "look at the market": "市場の概況の取得",
    "project your portfolio": "将来の試算",
    "list your watches": "アラートの一覧の取得",
    "prepare this watch": "アラートの用意",
    "try this rule on the past": "条件の過去での検証",
    "start this analysis": "分析の開始",
    "read the analysis": "分析の取得",
    "compute this": "計算",
    "search the web": "ウェブの検索",
    "What alerts do I have?": "アラートを見せて",
    "Is my analysis ready?": "分析は終わった？",
}
