// What the same browsers (package.json, "browserslist") do not all do with styles. What is ignored only costs looks where it is missing.

const COSTS_LOOKS = [
  "css-focus-visible", "css-hanging-punctuation", "css-scroll-behavior", "css-scrollbar", "css-selection", "css-touch-action", "css3-cursors-grab",
  "text-size-adjust", "viewport-unit-variants",
];

export default {
  plugins: ["stylelint-no-unsupported-browser-features"],
  rules: {
    "plugin/no-unsupported-browser-features": [true, { ignorePartialSupport: true, ignore: COSTS_LOOKS }],
    "property-disallowed-list": [["translate", "rotate", "scale"], { message: "Chrome 104: transform." }],
    "selector-pseudo-class-disallowed-list": [["has"], { message: "Safari 15.4, Chrome 105, Firefox 121: a class or an id." }],
    "function-disallowed-list": [["color-mix"], { message: "Safari 16.2, Chrome 111: the colour itself." }],
  },
};
