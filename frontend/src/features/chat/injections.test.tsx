import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";

import { AnswerText } from "@/features/chat/answer-text";

type Injection = { id: string; carrier: string; technique: string; text: string };

// The same texts that the services are tried with; see tests/integration/test_injections.py.
const injections = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../../../tests/data/injections.json"), "utf8"),
) as Injection[];

/** How an obedient model, or one that merely quotes, brings a text into an answer. */
const answers: Record<string, (text: string) => string> = {
  "as it is": (text) => text,
  quoted: (text) => `From your documents:\n\n> ${text.split("\n").join("\n> ")}\n\n— Report [1]`,
  "in a list and a table": (text) => `- ${text}\n\n| a | b |\n| --- | --- |\n| ${text} | 1 |\n`,
  "as a link": (text) => `[${text}](${text}) and <${text}>`,
};

function show(text: string): HTMLElement {
  const citation = { index: 1, document_id: "doc_1", page: 1, quote: "…" };
  return render(
    <AnswerText text={text} receipts={[]} citations={[citation]} onReceipt={vi.fn()} onCitation={vi.fn()} />,
  ).container;
}

/** What would load, run or send something without anybody's click. */
function activeParts(container: HTMLElement): string[] {
  const found = [
    ...container.querySelectorAll(
      "script,style,img,picture,source,svg,iframe,object,embed,form,input,video,audio,link,meta,base,template,math",
    ),
  ].map((element) => element.outerHTML);
  for (const element of container.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (
        name.startsWith("on") ||
        ["src", "srcset", "srcdoc", "style", "action", "formaction", "ping"].includes(name)
      ) {
        found.push(`${name}=${value}`);
      }
      if (name === "href" && new URL(value, window.location.href).origin !== window.location.origin) found.push(value);
    }
  }
  return found;
}

test("the set is the one the services are tried with", () => {
  expect(injections.length).toBeGreaterThanOrEqual(60);
});

describe.each(Object.entries(answers))("an injection %s", (_, answerWith) => {
  test.each(injections.map((injection) => [`${injection.id} ${injection.technique}`, injection] as const))(
    "%s renders nothing active",
    (_name, injection) => {
      expect(activeParts(show(answerWith(injection.text)))).toEqual([]);
    },
  );
});

test("clicking what looks like a link never leads to a script", async () => {
  for (const injection of injections) {
    const container = show(injection.text);
    for (const button of container.querySelectorAll("button")) await userEvent.click(button);
    const addresses = [...container.querySelectorAll("a")].map((link) => new URL(link.href).protocol);
    expect(addresses.filter((protocol) => !["http:", "https:", "mailto:"].includes(protocol))).toEqual([]);
    container.remove();
  }
});
