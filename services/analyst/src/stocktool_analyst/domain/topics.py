"""What a question can be about, and the words that say so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum


class Topic(StrEnum):
    """What the analyst can talk about."""

    GREETING = "greeting"
    THANKS = "thanks"
    HELP = "help"
    ADVICE = "advice"
    DEFINE = "define"
    EXPLAIN = "explain"
    RECORD = "record"
    WHAT_IF = "what_if"
    REBALANCE = "rebalance"
    OPTIMISE = "optimise"
    XRAY = "xray"
    QUOTE = "quote"
    BARS = "bars"
    COMPARE = "compare"
    PROFILE = "profile"
    FUNDAMENTALS = "fundamentals"
    EARNINGS = "earnings"
    DIVIDENDS = "dividends"
    MOVERS = "movers"
    NEWS = "news"
    MARKET = "market"
    PORTFOLIOS = "portfolios"
    HOLDINGS = "holdings"
    PERFORMANCE = "performance"
    RISK = "risk"
    ALLOCATION = "allocation"
    CONTRIBUTION = "contribution"
    INCOME = "income"
    TAX_LOTS = "tax_lots"
    TRANSACTIONS = "transactions"
    DOCUMENTS = "documents"
    PAGE = "page"
    INDICATORS = "indicators"
    OVERVIEW = "overview"
    PROJECT = "project"
    WATCHES = "watches"
    WATCH = "watch"
    BACKTEST = "backtest"
    ANALYSE = "analyse"
    ANALYSIS = "analysis"
    CALCULATE = "calculate"
    WEB = "web"
    OTHERS = "others"


GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|afternoon|evening)|greetings)\b[\s\w,!.]{0,30}$", re.IGNORECASE
)
THANKS = re.compile(
    r"^\W*(?:thanks?|thank you|thx|cheers|great|perfect|ok(?:ay)?|nice|cool)\b[\s\w,!.]{0,30}$", re.IGNORECASE
)
HELP = re.compile(
    r"^\W*help\b|what can (?:you|i) (?:do|answer|ask|help)|how do (?:i|you) (?:use|work)|who are you|what are you",
    re.IGNORECASE,
)
ADVICE = re.compile(
    r"\bshould (?:i|we)\b|\bshall i\b|recommend|\bpredict\w*|\bforecast\w*|tip for|price target"
    r"|target price|\bbuy or sell\b"
    r"|\bwill .{1,40}\b(?:rise|fall|go up|go down|crash|be worth|recover|keep)\b|(?:good|right) (?:time"
    r"|idea|moment|investment|buy|stock|share|fund|etf)s?\b"
    r"|\bworth (?:buying|selling|holding|it)\b|what (?:would|should) (?:you|i) (?:buy"
    r"|sell|do|pick)|best stocks? to|hot stocks?"
    r"|\b(?:i|we) ought to\b|\bwhere will (?!my\b|our\b|i\b|we\b|the market open).{1,40}\bbe (?:in|by|next)\b"
    r"|is (?:it|now) (?:time|wise|smart)|\bis [\w .&']{1,30} (?:a (?:good )?(?:buy|sell"
    r"|bargain)|overvalued|undervalued|overpriced)",
    re.IGNORECASE,
)
OTHERS = re.compile(
    r"\b(?:of|by|from|for|does|did|has|is|user|show(?: me)?|see)\s+[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|@[\w-]+(?:\.[\w-]+)+'s\b"
    r"|\b(?:an)?other (?:user|customer|client|investor|account holder|person|people)(?:s|'s|s')?\b"
    r"|\b(?:all|every) (?:users?|customers?|clients?)\b|\b(?:someone|somebody|anyone|anybody) else(?:'s)?\b",
    re.IGNORECASE,
)
"""Whose data the user may mean, where those are somebody else's."""
OWNED = re.compile(
    r"\b(?:portfolios?|holdings?|positions?|accounts?|stocks?|shares?|trades?|transactions|ledger|documents?|files?"
    r"|money|cash|balance|watch(?:es)?|alerts?|own|owns|hold|holds)\b",
    re.IGNORECASE,
)
DEFINE = re.compile(
    r"\bwhat(?:'s| is| are| does)?(?: meant by)? (?:an? |the )?(?P<term>[\w/ ,()-]+?)(?: mean"
    r"| stand for| tell me)\b|\bdefin(?:e|ition)\b|\bmeaning of\b"
    r"|\bwhat(?:'s| is| are) (?:an? |the )?(?:concept of )?(?!my\b|our\b)|\bexplain (?:an? "
    r"|the |what )?(?!my\b|our\b|how\b)"
    r"|\bdifference between\b|\bhow (?:should|do) i (?:read|interpret|understand)\b|\bin plain (?:english"
    r"|words)\b|\bwhat do you mean\b",
    re.IGNORECASE,
)
EXPLAIN = re.compile(
    r"\b(?:how|why) (?:is|was|are|were|do|did|have)\b.{0,60}\b(?:comput\w*|calculat\w*"
    r"|work(?:ed)? out|derived?|determined|arriv\w*|come up|get(?: to)?"
    r"|measured)\b|\bwhere (?:does|did|do) .{0,40}\b(?:come|came) from\b|\bexplain (?:me )?(?:how )?(?:my"
    r"|our)\b|\bexplain (?:me )?how the\b|\bhow you (?:arrive|come|get|got|work|worked|reach)\b"
    r"|\bshow (?:me )?(?:the )?(?:trail|workings?"
    r"|calculation|formula|maths?)\b|\bwalk me through\b|\bwhat(?:'s| is) behind my\b"
    r"|\bhow come my\b|\bbreak down how\b|\bprove\b|\bformula\b",
    re.IGNORECASE,
)
RECORD = re.compile(
    r"^\W*(?:please |can you |could you |i(?:'d| would) like to |i want to )*(?:record"
    r"|book|log|enter|note(?: down)?|register|add|put in)\b(?!.*\bwhat if\b)"
    r"|^\W*i (?:just |have |have just |recently )?(?:bought|sold|purchased|deposited"
    r"|withdrew|received|got|paid in|paid)\b|^\W*(?:bought|sold|deposited|withdrew) .{0,30}\d",
    re.IGNORECASE,
)
WHAT_IF = re.compile(
    r"\bwhat (?:if|happens (?:if|when)|would (?:happen|change)|would .{0,40}\bif\b|about (?:selling"
    r"|buying))|\bsuppos(?:e|ing)\b|\bif i (?:were to |was to )?"
    r"(?:sold|bought|sell|buy|swap\w*|put|invest\w*|dump\w*|switch\w*|mov\w*|add\w*|trim\w*|replac\w*"
    r"|liquidat\w*)|\bsimulat\w*|\bhypothetical\w*|\bimagine\b"
    r"|\btry (?:selling|buying|out)\b|\beffect of (?:selling|buying)|\bimpact of (?:selling|buying)|\bpretend\b",
    re.IGNORECASE,
)
_TRY = re.compile(r"^\W*(?:(?:can|could) you )?(?:please )?(?:sell|buy|swap|switch|dump|liquidate)\b", re.IGNORECASE)


def tries_trades(text: str) -> bool:
    """Whether a text tries trades: a supposition, or an order, which nobody here carries out."""
    return bool(WHAT_IF.search(text) or _TRY.search(text))


WORDS: Mapping[Topic, str] = {
    Topic.REBALANCE: (
        r"\bre-?balanc\w*|target weights?|\bmy targets?\b|\bback (?:in)?to (?:balance|target)"
        r"|\bdrift(?:ed)?\b|bring .{0,30}\bback\b|get (?:me )?to \d+"
        r"|\b(?:bring|get|take|move)s? (?:me |us |it |my (?:portfolio|account|holdings|money) )?to"
        r" \d+(?:\.\d+)?\s?(?:%|percent)"
    ),
    Topic.OPTIMISE: (
        r"\boptimi[sz]\w*|\b(?:least|lowest|minimum|min|smallest)[- ](?:risky?|risk|variance"
        r"|volatil\w*)\b.{0,40}(?:weights?|mix|portfolio|allocation|holdings)?"
        r"|\b(?:best|ideal|optimal) (?:weights?|mix|allocation)|\boptimal portfolio|\bmax(?:imi[sz]e|imum"
        r"|imal)? (?:the "
        r"|my )?sharpe|\b(?:best|highest) sharpe|risk parity"
        r"|\bhrp\b|hierarchical|equal risk|efficient frontier"
    ),
    Topic.XRAY: (
        r"\bx-?ray|\bcheck(?: on| over)?\b.{0,25}\bportfolio|\bcheck-?up\b|\bhealth\w*|\bwhat(?:'s"
        r"| is)? wrong\b|red flags?|weak(?:ness\w*| spots?| points?)"
        r"|\bproblems?\b|\breview\b.{0,20}\b(?:portfolio|holdings|investments)|\bworr(?:y|ied|ies)\w*"
        r"|\bexamine\b|\baudit\b|\bdiagnos\w*|\bwarnings?\b"
        r"|\bissues?\b|look over my|\bscan\b"
    ),
    Topic.CONTRIBUTION: (
        r"\bwhy (?:did|have|am|is|was) (?:i|we|my)\b.{0,30}\b(?:los[te]|down|up|gain\w*|fall\w*"
        r"|fell|drop\w*|ris\w*|rose)\b|"
        r"\bwhat (?:drove|drives|moved|caused)|\bcontribut\w*|\battribut\w*|\bwhich (?:of my )?(?:stock"
        r"|holding|position|investment|sector|currenc|one)\w*.{0,30}"
        r"\b(?:help\w*|hurt\w*|drove|cost|made|lost|losing|making|earn\w*|did|gain\w*|drag\w*|best|worst"
        r"|most|perform\w*)|\b(?:best|worst|top|bottom)[- ]?(?:and (?:best|worst) )?"
        r"(?:perform\w*|holdings?|positions?|stocks?|investments?|bets?|picks?)\b|\bmy (?:biggest )?(?:winners?"
        r"|losers?)|\bwinners and losers\b|\bdrag(?:ged|ging)?\b"
        r"|\bwhere (?:did|does|do) (?:my|the) (?:gains?|returns?|loss\w*|profits?|money) (?:come"
        r"|came) from|\bwho (?:helped|hurt)|\bpulled .{0,20}(?:down|up)\b"
        r"|\bresponsible for\b|\bmade me the most\b|(?<!shares )\bcost me\b|\bwhat (?:helped|hurt)\b"
    ),
    Topic.TAX_LOTS: (
        r"(?<!un)\breali[sz]ed?\b(?! that)|capital gains?|\btax(?:able|es)?\b(?! withheld)"
        r"|short[- ]term|long[- ]term|wash[- ]sales?"
        r"|\b(?:gains?|loss(?:es)?|profit|made?|make|earn\w*|los[te])\b.{0,25}\b(?:sales?|selling|sold)\b"
        r"|\b(?:sales|sold|selling)\b.{0,40}\b(?:gains?|loss(?:es)?|profit)\b|\block(?:ed)? in\b"
        r"|\bprofits? (?:did|have) i (?:take|taken)\b|\bt(?:ook|ake|aken) profits?\b"
    ),
    Topic.INCOME: (
        r"\byield\b|"
        r"\bdividends?\b.{0,40}\b(?:i|my|me|we)\b|\b(?:i|my|me|we)\b.{0,40}\bdividends?\b"
        r"|\bincome\b|\binterest\b(?! rate)|\bpay ?outs?\b|\bpassive\b|\byield on cost\b"
        r"|\bpaid me\b|\bdividends? (?:received|to come|coming|expected|so far|in|this|last)\b"
        r"|\bhow much (?:in )?dividends?\b|\bdistributions?\b|\bwhat do my .{0,20}pay\b"
    ),
    Topic.EARNINGS: (
        r"\bearnings? (?:date|day|call|report|release|season|announcement)s?|\bnext earnings\b"
        r"|\breport(?:s|ing)? (?:its |their )?(?:earnings|results|quarter\w*|next|again)"
        r"|\bwhen (?:does|do|is|will|are) .{1,40}\b(?:report|earnings|results)\b|\bearnings\b.{0,20}\bwhen\b"
    ),
    Topic.FUNDAMENTALS: (
        r"\bfundamental\w*|\bp/?e\b|price[- ]to[- ](?:earnings|book)|\bmarket cap\w*|\beps\b"
        r"|\brevenues?\b|\b(?:profit )?margins?\b|pay-?out ratio|dividend yield"
        r"|\bvaluation\b|\bvalued\b|shares outstanding|\bdebt\b|return on equity|\broe\b"
        r"|key (?:figures|ratios|stats|statistics)|52[- ]week|year(?:ly)? (?:high|low)|\bearnings per share\b"
        r"|how (?:big|large|profitable|expensive|cheap) is|\bsales figures?\b|\bprofitable\b|\bfinancials\b(?! sector)"
    ),
    Topic.DIVIDENDS: r"\bdividends?\b|\bsplits?\b(?! (?:by|up|into))|\bex[- ]?(?:dividend|date)",
    Topic.PROFILE: (
        r"\bprofile\b|\bindustry\b|headquarter\w*|\bwhat (?:does|do) .{1,40}\b(?:do|make"
        r"|sell)\b(?! this| last| in| over| since| against)|\bwhat (?:kind|sort|type) of (?:company"
        r"|business|fund|stock)"
        r"|\bwhich sector\b|\bwhat sector\b|\btell me (?:something |more )?about\b|\bwho (?:is"
        r"|are)\b|\babout the company\b|\bbased\b|\bwhat (?:company|business) is\b|\bdescribe\b"
        r"|\bin what sector\b"
    ),
    Topic.BARS: (
        r"\bhistor(?:y|ical)\b|\bchart\b|\bohlcv?\b|\bcandles?\b|\b(?:daily|weekly|monthly) (?:prices?"
        r"|closes?|bars?|data)\b|\bprices?\b.{0,30}\b(?:over|since|between|during|from|in (?:19"
        r"|20)\d{2}|last|past|by)\b"
        r"|\bhighest|\blowest\b|\bopen(?:ed|ing)?,? high\b|\bclos(?:e|es|ed|ing)(?: prices?)?\b(?! to)"
        r"|\btrad(?:e|ed) (?:in|on|during) |\bprice (?:history|series|data)\b|\bvolumes?\b"
    ),
    Topic.MOVERS: (
        r"\bmovers\b|\btop gainers\b|\b(?:biggest|largest|top|best|worst) (?:\d+ )?(?:gainers?"
        r"|losers?|risers?|fallers?|rises|falls|moves?|climbers?|decliners?)\b|\bgainers\b"
        r"|\bwhat(?:'s| is| are)? (?:moving|up|down|hot)\b.{0,15}(?:today|market|most)|\bmoved (?:the )?most\b"
        r"|\bmarket overview\b"
    ),
    Topic.PORTFOLIOS: (
        r"\b(?:which|what|list|show|how many)(?: me)?(?: all)?(?: of)?(?: my)? (?:portfolios"
        r"|accounts|depots)\b|(?<!in )\bmy (?:portfolios|accounts)\b(?! perform| do)"
    ),
    Topic.COMPARE: (
        r"\bcompar\w*|\bversus\b|\bvs\b|better than|against each other|correlat\w*|side by side"
        r"|\bdifference between\b|\bwhich (?:is|was|did|one) (?:better|best|worse|riskier"
        r"|safer)"
    ),
    Topic.PERFORMANCE: (
        r"\bhow much (?:better|worse)\b|how much (?:did|have) (?:i|we) (?:invest|put in|paid in)"
        r"|what happened to (?:my|the) (?:portfolio|money)"
        r"|\bmaking (?:any )?money\b|\bytd\b|\bdid i make\b|"
        r"how (?:did|am|have|was|is|were|are|has|do) (?:i|we|my|our|it|things|the portfolio)\b.{0,30}\b(?:do"
        r"|doing|done|perform\w*|portfolio|fare\w*|going|gone|look|stand)|perform\w*"
        r"|\breturn(?:s|ed)?\b|(?<!unrealised )(?<!unrealized )\bgains?\b|profit|\b(?:my"
        r"|the) (?:ytd )?numbers\b|\bhow'?s my\b|\b(?:did|have) (?:i|we) (?:made?|los[te]"
        r"|earn(?:ed)?)\b|\b(?:made|lost|earned|make|lose) (?:me |any |some |much )?money\b"
        r"|\btwr\b|\bxirr\b|time-weighted|money-weighted|\bbeat(?:en|ing)?\b|benchmark|\bgrow(?:n"
        r"|th)?\b|\bgrew\b"
        r"|\bup or down\b|\bam i (?:up|down|ahead|behind|winning)\b|\b(?:ahead|behind)\b"
        r"|\b(?:good|bad|great|poor|strong|weak|decent) (?:(?:year|quarter|month|week|time) )?for (?:me|us|my|our)\b"
        r"|\boutperform\w*|\bunderperform\w*|\bhow(?:'s| is) (?:my|the) (?:money|portfolio"
        r"|investments?)\b|\bresults?\b|\bfare\b|\bp&l\b|\bpnl\b"
    ),
    Topic.RISK: (
        r"\brisk\w*|\bcorrelat\w*|volatil\w*|draw-?downs?|\bc?var\b|value at risk|sharpe|sortino|calmar"
        r"|\bbeta\b|\balpha\b|\bsafe\w*\b|worst (?:day|loss|drop|fall)|\bswing\w*|\bbumpy\b"
        r"|\bdanger\w*"
        r"|\bfell? (?:the )?most\b|\bskew\w*|\bkurtosis\b|tracking error|information ratio"
        r"|\bfluctuat\w*|\bhow (?:bad|much) (?:could|can|would) (?:it|i)\b.{0,20}(?:get|lose)"
        r"|\bwild\b|\bcagr\b|\bexpected shortfall\b|\bstable\b"
    ),
    Topic.HOLDINGS: (
        r"\bsummar\w+\b|(?<!market )\boverview\b|\b(?:explain|about) my portfolio\b|"
        r"\bholdings?\b|\bpositions?\b|what (?:do|did|have) (?:i|we)(?: got| currently)? (?:own"
        r"|hold|have|got)|\bwhat(?:'s| is| was) in (?:my|the)|\bhow many\b.{0,40}\bin my (?:portfolio|accounts?)\b"
        r"|\bhow (?:much|many)\b.{0,40}\b(?:do"
        r"|did) (?:i|we) (?:own|hold|have)"
        r"|(?:worth|value) .{0,25}\bportfolio|\bportfolio\b.{0,25}(?:worth|value|look like"
        r"|contain)|\b(?:my|how much|idle|uninvested) cash\b"
        r"|\bdid my .{1,40}\bcost me\b|\bcash\b(?! flow).{0,20}\b(?:left"
        r"|have|balance|position)|\blots\b(?! of)|(?<!a )\blot\b(?! of)"
        r"|cost basis|\bunreali[sz]ed\b|\bnet worth\b|\bmy (?:total|stake)\b|^\W*(?:list"
        r"|show)(?: me)? my (?:stocks|shares|investments)\b"
        r"|\bwhat \w+ (?:have|do) (?:i|we) (?:got|own|hold|have)\b|\b(?:sitting|lying|idle)\b.{0,12}\bcash\b"
        r"|\bam i (?:worth|holding|invested)\b|\bdo i (?:own|hold|have)\b|\bi (?:own"
        r"|hold)\b|\baverage cost\b|\bdid i pay for\b|\b(?:my|our) (?:gains?|loss|profit|p&l) (?:on|with|from"
        r"|in) |\b(?:up|down) on\b|\bhow much (?:am i|is it all|is everything)"
    ),
    Topic.ALLOCATION: (
        r"\ballocat\w*|diversif\w*|\bsectors?\b|\bweights?\b|concentrat\w*|exposure|\bexposed\b"
        r"|split (?:by|up|into|across)|breakdown|\bspread\b|\bmix\b|\bpie\b|\bby (?:country"
        r"|region|currency|asset class|account)\b"
        r"|\bhow much .{0,20}\bin (?:tech\w*|energy|financials?|health ?care|utilities|industrials"
        r"|euros?|dollars?|stocks|etfs?|funds)\b|\bdivided\b|\bcomposition\b|\bmade up\b"
        r"|\bproportions?\b|\bdistribution\b|\bmakes? up\b|\b(?:biggest|largest) (?:part|share|chunk|slice)\b"
        r"|\bhow much of (?:my|our)\b|\bwhat (?:percent(?:age)?|share|part|fraction) of (?:my|the|our)\b"
        r"|\btoo much\b.{0,20}\bin one\b"
    ),
    Topic.TRANSACTIONS: (
        r"\bhow long have (?:i|we)\b|"
        r"\btransactions?\b|\btrades\b|\bledger\b|(?:did|have) (?:i|we) (?:ever )?(?:buy"
        r"|bought|sell|sold|deposit\w*|pay(?! for)|paid(?! for)|withdr\w+|trade\w*)|when did (?:i|we)|\bdeposits?\b"
        r"|\bwithdrawals?\b|\bbookings?\b|\bpurchases?\b|\borders?\b|\bactivity\b|\bentries\b"
        r"|\b(?:last|recent|latest) (?:\w+ )?(?:buys?|sells?|sales?)\b|\bi (?:last )?(?:bought|sold)\b"
    ),
    Topic.NEWS: (
        r"\bnews\b|headlines?|\bwhat(?:'s| is) (?:new|happening|going on)\b.{0,10}\b(?:with"
        r"|at|about)\b|\bwhy (?:is|did|has|was) .{1,30}\b(?:mov\w*|up|down|fall\w*|fell|ris\w*|rose|drop\w*|jump\w*"
        r"|rall\w*|crash\w*)\b"
        r"|\bstories\b|\bin the press\b"
    ),
    Topic.MARKET: (
        r"markets? (?:is |are )?(?:open|closed?|status|hours)|(?:is|are) the (?:stock )?(?:market"
        r"|exchange)s?|when (?:does|do|is|will) (?:the )?(?:market|exchange|trading|nyse"
        r"|stock market)|\btrading hours\b|\bwhat day is it\b|\btoday's date\b|\bnyse\b|can i (?:trade|buy"
        r"|sell)\b.{0,20}\b(?:now|today)\b"
    ),
    Topic.DOCUMENTS: (
        r"\bdocuments?\b|\bfiles?\b|\bpdfs?\b|upload\w*|\bnotes?\b|report says|according to"
        r"|\bmemo\b|\bpage\b|\bfilings?\b|\bannual report\b|\b10-k\b|\bcontract\b|\bprospectus\b"
        r"|\b(?:does|do|did) (?:the|my|our|this|that) (?!web|internet|market|portfolio|analysis|chart)[\w' -]{2,60}?"
        r" (?:say|state|mention|specify|stipulate)\b"
        r"|\bstatement says\b|\bfact ?sheet\b|\bmy papers?\b"
    ),
    Topic.QUOTE: (
        r"\bprices?\b|\bquotes?\b|\bquoted\b|\btrading\b(?! hours)|\btrade[sd]? (?:at"
        r"|for)\b|how much (?:is|does|for|are)|\bstock\b|\bshares? of\b|\bworth\b|\bcosts?\b"
        r"|\blast (?:price|trade)\b|\bcurrently\b|\bright now\b|\bshare price\b|\bhow(?:'s"
        r"| is) .{1,30}\b(?:doing )?today\b"
    ),
}  # fmt: skip


def found_in(lowered: str) -> set[Topic]:
    """Topics whose words stand in a text."""
    return {topic for topic, words in WORDS.items() if re.search(words, lowered)}


ORDER: Sequence[Topic] = (
    Topic.PORTFOLIOS, Topic.PERFORMANCE, Topic.CONTRIBUTION, Topic.RISK, Topic.HOLDINGS, Topic.ALLOCATION, Topic.INCOME,
    Topic.TAX_LOTS, Topic.TRANSACTIONS, Topic.XRAY, Topic.NEWS, Topic.MARKET, Topic.MOVERS,
)  # fmt: skip
