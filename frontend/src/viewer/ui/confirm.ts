/** A question that covers everything, in the browser's own top layer. */
import { h } from "./dom";

export function confirm(root: HTMLElement, question: string, detail: string, yes: string, no: string): Promise<boolean> {
  const dialog = h(
    "dialog",
    { class: "pv-dialog", "aria-labelledby": "pv-question" },
    h("h2", { id: "pv-question" }, question),
    h("p", {}, detail),
    h(
      "form",
      { method: "dialog", class: "pv-actions" },
      h("button", { class: "btn", value: "no" }, no),
      h("button", { class: "btn btn-danger", value: "yes" }, yes),
    ),
  );
  root.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
