"""Sentences in Japanese by their English templates, and words of results.

A figure stands between spaces or stars, a day with a space behind it: receipts find them so.
"""

from __future__ import annotations

from collections.abc import Mapping

from stocktool_analyst.domain.fixed_answers import ADVICE, GREETING, HELP, OTHERS, THANKS, UNKNOWN
from stocktool_analyst.domain.japanese.definitions import DEFINITIONS
from stocktool_analyst.domain.japanese.errand_phrases import ERRANDS
from stocktool_analyst.domain.japanese.result_words import RESULT_WORDS

_FIXED: Mapping[str, str] = {
    GREETING: (
        "こんにちは。StockToolのオフライン・アナリストです。ツールが返した結果だけをもとに、規則に従って答えます。"
        "ポートフォリオの成績、リスク、保有銘柄、資料の内容などをお尋ねください。"
    ),
    THANKS: (
        "どういたしまして。続けて「リターンに何が寄与した？」や「ポートフォリオを診断して」と聞くこともできます。"
    ),
    HELP: """\
オフライン・アナリストです。言語モデルではなく、同じツールの上で規則に従って答えます。
日本語と英語で次のような質問がわかります。

- 成績とその要因：「今年はSPYと比べてどうだった？」「リターンに何が寄与した？」
- リスクと診断：「ポートフォリオのリスクは？」「ポートフォリオを診断して」
- 保有と配分：「何を持っている？」「通貨別の配分は？」
- 配当と売却：「今年の配当はいくら？」「2023年の実現損益は？」
- 数字の出どころと意味：「XIRRはどう計算した？」「ベータとは？」
- 計画：「AAPLを半分売ったらどうなる？」「SPYを60%、AAPLを40%にリバランスして」「リスクが最小になる配分は？」
- 台帳：「取引履歴を見せて」「2024年11月20日にAAPLを10株230ドルで買ったと記録して」
- 株価と企業：「AAPLの株価は？」「AAPLとJPMを比較して」「アップルの決算はいつ？」
- 今日の相場：「今日の値上がり率ランキングは？」「市場は開いている？」
- 資料：「資料にはキャッシュフローについて何と書いてある？」
- 相場と指標：「市場の概況は？」「AAPLのRSIは？」
- 将来：「毎月500ドル積み立てたら20年後はいくら？」
- アラート：「AAPLが250ドルを超えたら知らせて」「JPMが200ドルを下回るアラートは過去に何回鳴った？」
- バックグラウンドの分析：「2023年の報告書を作って」「分析は終わった？」
- 計算：「METAの株価はAAPLの何倍？」

モデルの鍵を設定すると、代わりに言語モデルが答え、ずっと多くのことがわかります。""",
    ADVICE: (
        "何を売買すべきかはお答えできません。予想も助言もしないからです。判断の出発点になる事実は次のとおりです。"
    ),
    OTHERS: (
        "見ることができるのは、あなたご自身のポートフォリオと資料だけです。ほかの方のものをお見せすることはできません。"
    ),
    UNKNOWN: (
        "その質問にはお答えできません。"
        "オフライン・アナリストがわかるのは、ポートフォリオの成績・リスク・保有・配分、株価、資料についての質問です。"
        "「ヘルプ」と聞くと例を示します。"
    ),
    'I am not sure what you mean. You could ask "{first}" or "{second}".': (
        "ご質問の意味がはっきりしません。「{first}」または「{second}」のように聞いてみてください。"
    ),
    'I do not know the exact days of "{words}", so I took the usual range. Name a day, as in "since 2024-06-01".': (
        "「{words}」が正確に何日を指すのかわからないため、通常の期間で答えました。"
        "「先月」や「今年」のように期間を示してください。"
    ),
    'You could ask next: "{question}"': "次に聞けること：「{question}」",
    "This deployment gives me no tool for: {topics}.": "この環境には次のためのツールがありません：{topics}。",
    "I know no instrument called {names}. Ask with its ticker symbol, such as AAPL.": (
        "{names} という銘柄は見つかりません。AAPLのようなティッカーでお尋ねください。"
    ),
    "I could not {action}: {problem}.": "{action}ができませんでした：{problem}。",
    "Symbols that may be meant: {symbols}.": "もしかすると：{symbols}。",
    "Your {term}{versus}{days} is **{figure}**.": "あなたの{term}は **{figure}** です{versus}{days}。",
    "Yours is undefined: {reason}.": "あなたの値は定まりません：{reason}。",
    " of {symbols}": "（{symbols}）",
    "I could not count these trades in shares: your holdings or the last prices{of} do not say how many.": (
        "この売買を株数に直せませんでした。保有数か直近の株価{of}がわかりません。"
    ),
    "There is nothing to weigh: the portfolio holds no position.": "配分する対象がありません。保有銘柄がないためです。",
}

_SPANS: Mapping[str, str] = {
    " from {start} to {end}": "（{start} 〜 {end} ）",
    " from {start}": "（{start} から）",
    " to {end}": "（{end} まで）",
    " (from {peak} to {trough})": "（{peak} 〜 {trough} ）",
    " on {day}": "（{day} 時点）",
    " as of {day}": "（{day} 時点）",
    " as of {day} (stale)": "（{day} 時点、古い値）",
    " of {day}": "（{day} ）",
    " at the prices of {day}": "（{day} の価格で）",
    ", at the closes of {day}": "（{day} の終値で）",
    " over the history from {start} to {end}": "（{start} 〜 {end} の値動きから）",
    " against {benchmark}": "（対 {benchmark} ）",
    "From {start} to {end}:": "{start} 〜 {end} の比較：",
}

_PORTFOLIO: Mapping[str, str] = {
    "Your portfolio lost **{twr}** (time-weighted){span}.": "時間加重リターンは **{twr}** で、マイナスでした{span}。",
    "Your portfolio returned **{twr}** (time-weighted){span}.": "時間加重リターンは **{twr}** でした{span}。",
    "no reason given": "理由は示されていません",
    "Your time-weighted return{span} is undefined: {reason}.": "時間加重リターンは定まりません{span}：{reason}。",
    "Money-weighted, your own timing included (XIRR, a yearly rate): {xirr}.": (
        "入出金の時期も含めた金額加重リターン（XIRR、年率）は {xirr} です。"
    ),
    "The money-weighted return (XIRR) is undefined: {reason}.": "金額加重リターン（XIRR）は定まりません：{reason}。",
    " on net deposits of {flows}": "（純入金額は {flows} ）",
    ", and the portfolio was worth {value} at the end": "、期末の評価額は {value} です",
    "The loss is **{amount}**{on}{end}.": "損失は **{amount}** です{on}{end}。",
    "The gain is **{amount}**{on}{end}.": "利益は **{amount}** です{on}{end}。",
    "no prices": "価格がありません",
    "The return of {symbol} over these days is undefined: {reason}.": (
        "同じ期間の {symbol} のリターンは定まりません：{reason}。"
    ),
    ", so you were ahead of it": "。あなたのほうが上回っています",
    ", so you were behind it": "。あなたのほうが下回っています",
    "{symbol} returned **{theirs}** over the same days{verdict}.": (
        "同じ期間の {symbol} は **{theirs}** でした{verdict}。"
    ),
    "Volatility, annualised": "ボラティリティ（年率）",
    "Largest fall from a peak": "高値からの最大下落",
    "One-day VaR (95%), historical": "一日の VaR (95%)、実績から",
    "Mean of the days beyond it (CVaR)": "それを超えた日の平均（CVaR）",
    "Sharpe ratio": "シャープレシオ",
    "Beta": "ベータ",
    "Correlation": "相関",
    "too few returns": "日次リターンが足りません",
    "No risk figure can be given: {reason}.": "リスク指標を示せません：{reason}。",
    "{name} is undefined: {reason}.": "{name}は定まりません：{reason}。",
    "Risk of your portfolio{span}:": "ポートフォリオのリスク{span}：",
    "Your portfolio is worth **{total}**{on}.": "ポートフォリオの評価額は **{total}** です{on}。",
    "The smallest positions are left out of this table.": "この表では小さな保有を省いています。",
    "Cash: {cash}.": "現金： {cash} 。",
    ": an unrealised loss of {made}": "、含み損 {made} ",
    ": an unrealised gain of {made}": "、含み益 {made} ",
    ", worth {worth}{on}": "、評価額 {worth} {on}",
    ", without a known price": "、価格は不明",
    ", for which you paid {paid}": "、取得コスト {paid} ",
    " It is {weight} of the portfolio.": "\nポートフォリオの {weight} にあたります。",
    "You hold **{quantity} {symbol}**{worth}{paid}{made}.{weight}": (
        "**{symbol}** を **{quantity}** 株保有しています{worth}{paid}{made}。{weight}"
    ),
    "You hold no {symbols}{day}.": "{symbols} は保有していません{day}。",
    "{price} (stale, {day})": "{price} （古い値、{day} ）",
    "There is nothing to split: the portfolio holds no priced position.": (
        "分ける対象がありません。価格のある保有がないためです。"
    ),
    "By {by}, the largest part of your portfolio is **{label}** at **{weight}**.": (
        "{by}別では **{label}** が最も大きく、 **{weight}** です。"
    ),
    "Your ledger has no entries.": "台帳には何も記録されていません。",
    "The latest entries of your ledger:": "台帳の最新の記録：",
    "{count} of the prices is stale.": "{count} 件の価格が古くなっています。",
    "{count} of the prices are stale.": "{count} 件の価格が古くなっています。",
    "Note: {warning}.": "注意：{warning}。",
}

_INSIGHTS: Mapping[str, str] = {
    "the portfolio had no return": "リターンがありません",
    "There is nothing to attribute{span}: {reason}.": "寄与を示せません{span}：{reason}。",
    "Your portfolio's return{span} was **{total}**, time-weighted.": (
        "ポートフォリオの時間加重リターンは **{total}** でした{span}。"
    ),
    "What gave your return{span}:": "リターンの内訳{span}：",
    "**{part}** helped most: {share} of return, {gain}.": (
        "最も貢献したのは **{part}** で、寄与は {share} 、{gain}です。"
    ),
    "**{part}** hurt most: {share} of return, {gain}.": (
        "最も足を引っ張ったのは **{part}** で、寄与は {share} 、{gain}です。"
    ),
    "a result of {amount}": "損益は {amount} ",
    "no amount is known": "金額は不明",
    "Contribution": "寄与度",
    "Gain": "損益",
    "Average weight": "平均比率",
    "The parts in the middle are left out.": "中間の項目は省いています。",
    "No income can be given: the result names none.": "収入を示せません。結果に含まれていません。",
    "Dividends and interest received{span}: **{gross}** before"
    " tax, {net} after tax of {tax}, in {payments} payments.": (
        "受け取った配当と利息は税引前で **{gross}** 、税 {tax} を引いて {net} 、支払いは {payments} 回です{span}。"
    ),
    "Over the last twelve months it was {amount}.": "直近一年では {amount} です。",
    "{share} on the current value": "現在の評価額に対して {share} ",
    "{share} on what you paid": "取得コストに対して {share} ",
    "That is a yield of {yields}.": "利回りは{yields}です。",
    "What may come in the next twelve months, if the payments stay as they were: **{amount}** before tax.": (
        "支払いがこれまでどおりなら、今後一年の見込みは税引前で **{amount}** です。"
    ),
    "What is to come cannot be told: {reason}.": "今後の見込みは示せません：{reason}。",
    "Interest": "利息",
    "unknown": "不明",
    "Holding": "銘柄",
    "Received": "受取額",
    "Expected in twelve months": "今後一年の見込み",
    "Nothing was sold{span}, so nothing is realised.": "売却はなく、実現損益もありません{span}。",
    "Your sales{span} realised a loss of **{gain}**: proceeds of {proceeds} for lots that cost {cost}.": (
        "売却による実現損失は **{gain}** です{span}。売却額 {proceeds} 、取得コスト {cost} 。"
    ),
    "Your sales{span} realised a gain of **{gain}**: proceeds of {proceeds} for lots that cost {cost}.": (
        "売却による実現利益は **{gain}** です{span}。売却額 {proceeds} 、取得コスト {cost} 。"
    ),
    "Held short: {short}; held long: {long}.": "短期： {short} 、長期： {long} 。",
    "Sales that may count as wash sales: {symbols}.": "ウォッシュセールにあたる可能性がある売却：{symbols}。",
    "Further sales are left out of this table.": "この表では他の売却を省いています。",
    "no reason is given": "理由は示されていません",
    "The figure {figure}{span} is undefined: {reason}.": "{figure}は定まりません{span}：{reason}。",
    "**{figure}**{span} is **{value}**.": "**{figure}** は **{value}** です{span}。",
    " (after {source})": "（出典：{source}）",
    "It is worked out as: {formula}{after}.": "計算式： {formula} {after}。",
    "It rests on these rows: {rows}.": "もとになった記録：{rows}。",
    "Input": "入力",
    "The examination gave no findings.": "診断の結果はありません。",
    "Examined{on} by rules:": "規則による診断{on}：",
    "{counts}.": "{counts}。",
    "{count} fail": "不合格 {count} ",
    "{count} warn": "警告 {count} ",
    "{count} pass": "合格 {count} ",
    "{count} cannot be told": "判定不能 {count} ",
    "Nothing stands out.": "特に目立つ点はありません。",
    "No rule could be checked.": "確かめられた規則はありません。",
    "data are missing": "データがありません",
    "Not known: {names}.": "不明：{names}。",
    "- **{title}** (fails): {value}, limit {limit}.{positions}": (
        "- **{title}** （不合格）： {value} 、上限 {limit} 。{positions}"
    ),
    "- **{title}** (warns): {value}, limit {limit}.{positions}": (
        "- **{title}** （警告）： {value} 、上限 {limit} 。{positions}"
    ),
    " Positions: {names}.": " 該当： {names} 。",
}

_PLANS: Mapping[str, str] = {
    "{side} {quantity} {symbol}": "{symbol} を {quantity} 株{side}",
    "If you did this{at} ({trades}):": "次の売買をした場合{at}： {trades} 。",
    "If you did this:": "この売買をした場合：",
    "The sales would realise a loss of **{gain}**.": "売却で実現する損失は **{gain}** です。",
    "The sales would realise a gain of **{gain}**.": "売却で実現する利益は **{gain}** です。",
    "Total": "合計",
    "Cash": "現金",
    "Before": "前",
    "After": "後",
    "Largest fall": "最大下落",
    "Concentration (HHI)": "集中度（HHI）",
    "Largest after": "売買後の上位",
    "Weight before": "前の比率",
    "Weight after": "後の比率",
    "The portfolio would swing more than it does.": "ポートフォリオの値動きは今より大きくなります。",
    "The portfolio would swing less than it does.": "ポートフォリオの値動きは今より小さくなります。",
    "Nothing is traded or stored by this.": "これで売買や記録が行われることはありません。",
    "the weights are within their bands": "比率は許容範囲内です",
    "No trade is needed{as_of}: {reason}.": "売買は必要ありません{as_of}：{reason}。",
    "Trades that would bring you to the targets{closes}:": "目標の比率にするための売買{closes}：",
    "bought: {amount}": "買付 {amount} ",
    "sold: {amount}": "売却 {amount} ",
    "fees: {amount}": "手数料 {amount} ",
    "cash left: {amount}": "残る現金 {amount} ",
    "In sum, {facts}.": "合計： {facts}。",
    "Weight now": "今の比率",
    "Target": "目標",
    "These targets cannot be reached: {names}.": "次の目標には届きません：{names}。",
    "Nothing is traded by this plan.": "この計画で売買が行われることはありません。",
    "least variance": "最小分散",
    "the best Sharpe ratio": "最大シャープレシオ",
    "risk parity": "リスクパリティ",
    "hierarchical risk parity": "階層的リスクパリティ",
    "the history is too short, or the limits leave no mix": (
        "値動きの記録が短すぎるか、条件を満たす組み合わせがありません"
    ),
    "No weights can be given{span}: {reason}.": "比率を示せません{span}：{reason}。",
    "Weight by the method": "この方法の比率",
    "Weights by {method}{span}:": "{method}による比率{span}：",
    "Volatility": "ボラティリティ",
    "Mean return, yearly": "平均リターン（年率）",
    "undefined": "定まらない",
    "Now": "今",
    "By the method": "この方法",
    "Left out: {names}.": "対象外：{names}。",
    "These weights fit the past; they are no forecast and no advice. Nothing is traded.": (
        "この比率は過去に合わせたもので、予想でも助言でもありません。売買は行われません。"
    ),
    "I prepared the entry; it waits for your approval below. Nothing is recorded yet.": (
        "記録を用意しました。下で承認されるのを待っています。まだ何も記録されていません。"
    ),
    "I prepared this entry: **{summary}**. It waits for your ap"
    "proval below; nothing is recorded until you approve it.": (
        "次の記録を用意しました： **{summary}** 。下で承認されるまで、何も記録されません。"
    ),
    "You have no portfolio yet.": "ポートフォリオはまだありません。",
    "- **{name}** in {currency}{accounts}": "- **{name}** （{currency}）{accounts}",
    "Your portfolios:": "ポートフォリオの一覧：",
}

_COMPANIES: Mapping[str, str] = {
    "There is no price to give.": "示せる株価がありません。",
    "{name} last traded at **{price}** on {day}{change}.{stale}": (
        "{name} の直近の株価は **{price}** です（{day} 時点）{change}。{stale}"
    ),
    ", down {change} from {before}": "。前日の {before} から {change} 下落",
    ", up {change} from {before}": "。前日の {before} から {change} 上昇",
    " This price is stale.": "この株価は古い値です。",
    "None of these symbols can be compared.": "比較できる銘柄がありません。",
    "Side by side:": "比較：",
    "{best} did best, {worst} worst.": "リターンが最も高いのは {best} 、最も低いのは {worst} です。",
    "{calmest} swung least, {liveliest} most.": "値動きが最も小さいのは {calmest} 、最も大きいのは {liveliest} です。",
    "{left} and {right} {value}": "{left} と {right} は {value} ",
    "Correlation of daily returns: {pairs}.": "日次リターンの相関： {pairs}。",
    "The market is open.": "市場は開いています。",
    "The market is closed.": "市場は閉まっています。",
    "The market's clock is {mode}: the day is {day}.": "市場の時計は{mode}で、日付は {day} です。",
    "It is {day}.": "今日は {day} です。",
    "There are no notes on this symbol.": "この銘柄のニュースはありません。",
    "What the notes say:": "ニュースの見出し：",
    "I found nothing on this in your documents. Upload the document first, or ask with its own words.": (
        "資料の中には見つかりませんでした。先に資料をアップロードするか、資料にある言葉でお尋ねください。"
    ),
    "From your documents:": "資料から：",
    "a document": "資料",
    "The document": "資料",
    "{name}, page {page}": "{name}, page {page}",
    " Did you mean {names}?": "もしかすると {names} ですか。",
    "I know no price for {symbol}.{hint}": "{symbol} の株価はわかりません。{hint}",
    "There are no prices of {symbol} in this range.": "この期間の {symbol} の株価はありません。",
    " These prices are stale: the data end there.": "データはここまでで、古い値です。",
    "{symbol} closed at **{price}** on {day}.": "{symbol} の終値は **{price}** でした（{day} ）。",
    "{symbol} closed at **{last}** on {day}, as it did on {first_day}.": (
        "{symbol} の終値は **{last}** で（{day} ）、{first_day} と同じでした。"
    ),
    "{symbol} closed at **{last}** on {day}, higher than on {first_day}, when it was {first}.": (
        "{symbol} の終値は **{last}** でした（{day} ）。期初の {first} （{first_day} ）より高い水準です。"
    ),
    "{symbol} closed at **{last}** on {day}, lower than on {first_day}, when it was {first}.": (
        "{symbol} の終値は **{last}** でした（{day} ）。期初の {first} （{first_day} ）より低い水準です。"
    ),
    "The highest close was {high} on {high_day}, the lowest {low} on {low_day}.": (
        "終値の最高は {high} （{high_day} ）、最低は {low} （{low_day} ）です。"
    ),
    "Day": "日付",
    "Close": "終値",
    "Earlier days are left out of this table.": "この表ではそれより前の日を省いています。",
    "a company": "企業",
    "an exchange-traded fund": "上場投資信託（ETF）",
    "an instrument": "金融商品",
    " in the sector {sector}": "、セクターは{sector}",
    ", based in {seat}": "、本社は {seat}",
    "{name} is {kind}{where}{seat}.": "{name} ：{kind}{where}{seat}。",
    " on {exchange}": "（{exchange}）",
    ", with prices since {day}": "、株価の記録は {day} から",
    "It trades in {currency}{exchange}{since}.": "取引通貨は {currency} です{exchange}{since}。",
    "Figure": "指標",
    "Value": "値",
    "the source gives none": "情報源にありません",
    "No figures of {symbol} are known: {reason}.": "{symbol} の指標はわかりません：{reason}。",
    "Figures of {symbol}{as_of}:": "{symbol} の指標{as_of}：",
    "Market value of the company": "時価総額",
    "Revenue": "売上高",
    "Earnings per share": "一株利益（EPS）",
    "Lowest price in a year": "一年の安値",
    "Highest price in a year": "一年の高値",
    "Price to earnings, trailing": "株価収益率（実績）",
    "Price to earnings, forward": "株価収益率（予想）",
    "Price to book": "株価純資産倍率",
    "Dividend yield": "配当利回り",
    "Payout ratio": "配当性向",
    "Shares outstanding": "発行済株式数",
    "Profit margin": "純利益率",
    "Return on equity": "自己資本利益率（ROE）",
    "Debt to equity": "負債資本倍率",
    "No coming earnings day of {symbol} is known: {reason}.": "{symbol} の次の決算日はわかりません：{reason}。",
    " (estimated, not confirmed by the company)": "（推定、会社は未確認）",
    " (confirmed)": "（確定）",
    "{symbol} is expected to report earnings on **{day}**{sure}.": (
        "{symbol} の次の決算発表は **{day}** の予定です{sure}。"
    ),
    "Its ex-dividend day is {day}.": "権利落ち日は {day} です。",
    "No dividends or splits of {symbol} are known{because}.": "{symbol} の配当や株式分割はわかりません{because}。",
    "No dividends or splits of {symbol} are known in this range.": "この期間に {symbol} の配当や株式分割はありません。",
    "Dividends of {symbol} for each share, the newest first:": "{symbol} の一株あたり配当（新しい順）：",
    "Ex-date": "権利落ち日",
    "Earlier ones are left out.": "それより前は省いています。",
    "No dividends of {symbol} are known{because}.": "{symbol} の配当はわかりません{because}。",
    "{ratio} new for one old on {day}": "{day} に {ratio} 対一の分割",
    "Splits: {splits}.": "株式分割： {splits}。",
    "Largest rises{of}:": "値上がり上位{of}：",
    "Largest falls{of}:": "値下がり上位{of}：",
    "No symbol moved today, or no price is fresh enough to tell.": "今日動いた銘柄はないか、新しい株価がありません。",
    "Looked at: {count} symbols.": "対象は {count} 銘柄です。",
}

_HEADERS: Mapping[str, str] = {
    "Symbol": "銘柄",
    "Quantity": "数量",
    "Price": "価格",
    "Unrealised": "含み損益",
    "Weight": "比率",
    "Date": "日付",
    "Type": "種類",
    "Amount": "金額",
    "Proceeds": "売却額",
    "Flow": "種類",
    "Trade": "売買",
    "Return": "リターン",
    "Sharpe": "シャープ",
    "Name": "名称",
    "Change": "変化率",
}

_NEXT: Mapping[str, str] = {
    "What drove my return?": "リターンに何が寄与した？",
    "How risky is my portfolio?": "ポートフォリオのリスクは？",
    "Check my portfolio": "ポートフォリオを診断して",
    "How am I allocated by sector?": "セクター別の配分は？",
    "How did I do this year against SPY?": "今年はSPYと比べてどうだった？",
    "Rebalance to equal weights": "均等配分にリバランスして",
    "What do I hold?": "何を持っている？",
    "What did I realise this year?": "今年の実現損益は？",
    "How much income did I get this year?": "今年の配当はいくら？",
    "Which weights carry the least risk?": "リスクが最小になる配分は？",
    "How did {symbol} do this year against SPY?": "今年の{symbol}はSPYと比べてどうだった？",
    "How many {symbol} do I hold?": "{symbol}を何株持っている？",
    "What are the fundamentals of {symbol}?": "{symbol}の財務指標は？",
    "When does {symbol} report earnings?": "{symbol}の決算はいつ？",
    "What are the largest movers of the day?": "今日の値上がり率ランキングは？",
}

_ACTIONS: Mapping[str, str] = {
    "read your performance": "成績の取得",
    "compute the risk figures": "リスク指標の計算",
    "read your holdings": "保有銘柄の取得",
    "split your portfolio": "配分の計算",
    "attribute your return": "寄与度の計算",
    "read your income": "収入の取得",
    "read your sales": "売却の取得",
    "explain this figure": "計算過程の取得",
    "examine your portfolio": "ポートフォリオの診断",
    "try these trades": "売買の試算",
    "plan the trades": "売買の計画",
    "find the weights": "比率の計算",
    "list your portfolios": "ポートフォリオの一覧の取得",
    "read your ledger": "台帳の取得",
    "prepare this entry": "記録の用意",
    "get the prices": "株価の取得",
    "get the price history": "株価の推移の取得",
    "look the company up": "会社情報の取得",
    "get the company's figures": "財務指標の取得",
    "get the earnings day": "決算日の取得",
    "get the dividends": "配当の取得",
    "get the day's movers": "値動きの大きい銘柄の取得",
    "compare these symbols": "銘柄の比較",
    "search your documents": "資料の検索",
    "read this page": "ページの読み込み",
    "look the name up": "銘柄名の検索",
    "read the notes": "ニュースの取得",
    "ask for the market's state": "市場の状態の取得",
}

PHRASES: Mapping[str, str] = {
    **ERRANDS,
    **RESULT_WORDS, **_FIXED, **_SPANS, **_PORTFOLIO, **_INSIGHTS, **_PLANS, **_COMPANIES, **_HEADERS, **_NEXT,
    **_ACTIONS,
    **DEFINITIONS,
}  # fmt: skip
"""Templates and words in Japanese, by their English ones."""
