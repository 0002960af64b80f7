import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";

const features = ["auth", "portfolio", "chat", "documents", "admin", "watch", "inbox", "settings", "reports"];

/** Imports a folder must not make, as patterns over the `@/` alias; climbing out by `../..` is refused everywhere. */
function boundary(files, forbidden, message) {
  return {
    files,
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: forbidden, message },
            { group: ["../../*"], message: "Cross a folder by its `@/` path." },
          ],
        },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ["dist", "src/lib/api/gen"] },
  js.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strictTypeChecked, reactHooks.configs.flat["recommended-latest"]],
    languageOptions: { globals: globals.browser, parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-definitions": ["error", "type"],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "no-restricted-syntax": [
        "error",
        { selector: "TSEnumDeclaration", message: "Use a union of strings." },
        { selector: "ExportDefaultDeclaration", message: "Export by name." },
        { selector: "ExportAllDeclaration", message: "No barrel files." },
      ],
    },
  },
  // app -> features -> shared, and no feature knows another.
  boundary(
    ["src/{components,hooks,lib}/**"],
    ["@/features/*", "@/features/**", "@/app/*", "@/app/**"],
    "Shared code knows neither features nor the app.",
  ),
  ...features.map((feature) =>
    boundary(
      [`src/features/${feature}/**`],
      ["@/app/*", "@/app/**", ...features.filter((f) => f !== feature).flatMap((f) => [`@/features/${f}/**`])],
      "A feature imports shared code only; what two features need moves down, what joins them moves up.",
    ),
  ),
  { files: ["scripts/**/*.mjs", "*.config.*"], languageOptions: { globals: globals.node } },
  {
    files: ["public/*.js"],
    languageOptions: { globals: globals.browser, sourceType: "script" },
    rules: { "no-unused-vars": ["error", { caughtErrors: "none" }] },
  },
);
