import { Calculator, CircleCheck, CircleHelp } from "lucide-react";
import { createContext, useContext, useMemo, useState, type ComponentProps } from "react";
import Markdown, { type Components, type ExtraProps } from "react-markdown";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";

import type { Citation, Receipt } from "@/features/chat/api/types";
import { markFigures } from "@/features/chat/mark-figures";
import { classNames } from "@/lib/class-names";

// An image in an answer would be a request to whoever the model names; answers have none, nor anything to fill in.
const refused = new Set(["img", "picture", "source", "input"]);
const schema = { ...defaultSchema, tagNames: (defaultSchema.tagNames ?? []).filter((name) => !refused.has(name)) };

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

/**
 * A link of an answer. One to another host is text until it is clicked: only then does the page hold its address, whole
 * and readable, for whoever wants to follow it.
 */
function OutsideLink({ href, children }: ComponentProps<"a">) {
  const [shown, setShown] = useState(false);
  const address = addressOf(href);
  if (address === undefined) return children;
  if (address.origin === window.location.origin) return <a href={address.href}>{children}</a>;
  if (!shown) {
    return (
      <button
        type="button"
        title={`Shows where this leads: ${address.host || address.protocol}`}
        onClick={() => setShown(true)}
        className="underline decoration-dotted underline-offset-2"
      >
        {children} <span className="text-xs text-muted">({address.host || address.protocol})</span>
      </button>
    );
  }
  return (
    <a href={address.href} target="_blank" rel="noreferrer noopener" className="break-all">
      {address.href}
    </a>
  );
}

/** The address of a link that may be followed; none for a scheme that a page must not open. */
function addressOf(href: string | undefined): URL | undefined {
  if (href === undefined || href === "") return undefined;
  try {
    const address = new URL(href, window.location.href);
    return ["http:", "https:", "mailto:"].includes(address.protocol) ? address : undefined;
  } catch {
    return undefined;
  }
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
