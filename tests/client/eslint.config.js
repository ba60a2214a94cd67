// What browsers of the last five years do not all have (package.json, "browserslist"), as globals, methods and grammar.

import compat from "eslint-plugin-compat";
import esx from "eslint-plugin-es-x";

const later = ["2022", "2023", "2024"].flatMap((year) => Object.keys(esx.configs[`flat/no-new-in-es${year}`].rules));
/** Not looked for by these rules: grammar that all of them know (fields of classes), and what is looked for otherwise. */
const KNOWN = new Set([
  // `at` is a field of the wire format as well; a call of it is refused below.
  "es-x/no-array-prototype-at", "es-x/no-string-prototype-at", "es-x/no-typed-array-prototype-at",
  "es-x/no-class-instance-fields", "es-x/no-class-private-fields", "es-x/no-class-private-methods", "es-x/no-class-static-fields",
]);
/** Methods are recognised by their names alone: nobody knows the types here. */
const AGGRESSIVE = { "es-x": { aggressive: true } };

export default [
  {
    files: ["**/*.js"],
    plugins: { compat, "es-x": esx },
    languageOptions: { ecmaVersion: 2024, sourceType: "module" },
    linterOptions: { noInlineConfig: true },
    // Asked for before it is used (identity.js).
    settings: { ...AGGRESSIVE, polyfills: ["navigator.locks"] },
    rules: {
      "compat/compat": "error",
      ...Object.fromEntries(later.filter((rule) => !KNOWN.has(rule)).map((rule) => [rule, "error"])),
      "no-restricted-syntax": ["error", { selector: "CallExpression[callee.property.name='at']", message: "Safari 15.4: an index." }],
      "no-restricted-properties": [
        "error",
        { property: "timeout", object: "AbortSignal", message: "Safari 16: an AbortController and setTimeout." },
        { property: "any", object: "AbortSignal", message: "Safari 17.4." },
        { property: "randomUUID", message: "Safari 15.4, and nowhere over plain http: crypto.getRandomValues." },
        { property: "canParse", object: "URL", message: "Safari 17: new URL in a try." },
        { property: "scrollIntoView", message: "Safari 15.4 ignores where to: set scrollTop." },
        { property: "checkVisibility", message: "Safari 17.4." },
        { property: "inert", message: "Safari 15.5." },
      ],
    },
  },
];
