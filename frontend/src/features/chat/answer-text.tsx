import { Calculator, CircleCheck, CircleHelp } from "lucide-react";
import { createContext, useContext, useMemo, type ComponentProps } from "react";
import Markdown, { type Components, type ExtraProps } from "react-markdown";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";

import type { Citation, Receipt } from "@/features/chat/api/types";
import { markFigures } from "@/features/chat/mark-figures";
import { classNames } from "@/lib/class-names";

// An image in an answer would be a request to whoever the model names; answers have none.
const schema = { ...defaultSchema, tagNames: (defaultSchema.tagNames ?? []).filter((name) => name !== "img") };

type Props = {
  text: string;
  receipts: readonly Receipt[];
  citations: readonly Citation[];
  onReceipt: (receipt: Receipt) => void;
  onCitation: (citation: Citation) => void;
};

const Figures = createContext<Omit<Props, "text"> | undefined>(undefined);

// One set for all answers and all times: a new component type would make React build the buttons anew under a finger.
const components: Components = { mark: Figure, cite: CitationNumber, a: OutsideLink };

/** An answer as markdown, its figures buttons that open their receipts. */
export function AnswerText({ text, receipts, citations, onReceipt, onCitation }: Props) {
  const plugins = useMemo((): ComponentProps<typeof Markdown>["rehypePlugins"] => {
    const known = new Set(citations.map((citation) => citation.index));
    return [
      [rehypeSanitize, schema],
      [markFigures, { source: text, receipts, citations: known }],
    ];
  }, [text, receipts, citations]);

  return (
    <Figures value={{ receipts, citations, onReceipt, onCitation }}>
      <div className="prose-answer min-w-0 break-words">
        <Markdown remarkPlugins={[remarkGfm]} rehypePlugins={plugins} components={components}>
          {text}
        </Markdown>
      </div>
    </Figures>
  );
}

function Figure({ node, children }: ComponentProps<"mark"> & ExtraProps) {
  const figures = useContext(Figures);
  const receipt = figures?.receipts[indexOf(node)];
  if (figures === undefined || receipt === undefined) return children;
  return <ReceiptButton receipt={receipt} onOpen={figures.onReceipt} />;
}

function CitationNumber({ node, children }: ComponentProps<"cite"> & ExtraProps) {
  const figures = useContext(Figures);
  const citation = figures?.citations.find(({ index }) => index === indexOf(node));
  if (figures === undefined || citation === undefined) return children;
  return (
    <button
      type="button"
      aria-label={`Citation ${citation.index}`}
      onClick={() => figures.onCitation(citation)}
      className="font-medium text-accent underline underline-offset-2"
    >
      {children}
    </button>
  );
}

function OutsideLink({ href, children }: ComponentProps<"a">) {
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  );
}

function indexOf(node: ExtraProps["node"]): number {
  const value = node?.properties["dataIndex"];
  return typeof value === "number" ? value : -1;
}

const looks = {
  matched: { icon: CircleCheck, className: "decoration-accent decoration-dotted hover:bg-accent-soft" },
  derived: { icon: Calculator, className: "decoration-benchmark decoration-dashed hover:bg-raised" },
  unmatched: { icon: CircleHelp, className: "bg-warn-soft text-warn decoration-warn decoration-wavy" },
} as const;

function ReceiptButton({ receipt, onOpen }: { receipt: Receipt; onOpen: (receipt: Receipt) => void }) {
  const { icon: Icon, className } = looks[receipt.status];
  return (
    <button
      type="button"
      aria-label={`Receipt: ${receipt.value} (${receipt.status})`}
      title={`${receipt.status}: where this figure comes from`}
      onClick={() => onOpen(receipt)}
      className={classNames(
        "rounded px-0.5 font-medium whitespace-nowrap tabular-nums underline decoration-2 underline-offset-3",
        className,
      )}
    >
      {receipt.value}
      <Icon aria-hidden className="ml-0.5 inline size-3 align-baseline opacity-70" />
    </button>
  );
}
