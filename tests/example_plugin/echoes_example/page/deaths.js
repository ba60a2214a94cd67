// The panel of the extension: how often the own character has died, as of when it came into the city or asked again.

export default function ({ element, address, watch }) {
  const number = document.createElement("p");
  number.className = "deaths-number";
  const again = document.createElement("button");
  again.type = "button";
  again.className = "chip";
  again.textContent = "Count again";
  element.append(number, again);

  let me = 0;
  const count = async () => {
    const answer = await fetch(address(`x/deaths/of/${me}`));
    const { deaths } = await answer.json();
    number.textContent = deaths === 1 ? "Once." : `${deaths} times.`;
  };
  const show = () => count().catch(() => (number.textContent = "The city does not answer."));
  again.addEventListener("click", show);
  watch(["you"], ({ you }) => {
    if (you && you.id !== me) {
      me = you.id;
      show();
    }
  });
}
