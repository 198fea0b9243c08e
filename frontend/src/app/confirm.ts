/**
 * Asks before a form or an htmx request that cannot be undone.
 *
 * `data-confirm="Question ?"` on the form (or `hx-confirm` on an htmx element), with
 * `data-confirm-yes` and `data-confirm-no` on the same element or on `<body>` for the buttons.
 */

interface Words {
  question: string;
  yes: string;
  no: string;
}

function wordsOf(element: HTMLElement, question: string): Words {
  const body = document.body.dataset;
  return {
    question,
    yes: element.dataset["confirmYes"] ?? body["confirmYes"] ?? "Confirmer",
    no: element.dataset["confirmNo"] ?? body["confirmNo"] ?? "Annuler",
  };
}

function ask(words: Words): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.className = "parvis-dialog";
  const text = document.createElement("p");
  text.id = "parvis-question";
  text.textContent = words.question;
  dialog.setAttribute("aria-labelledby", text.id);
  const no = button(words.no, "btn", "no");
  const yes = button(words.yes, "btn btn-primary", "yes");
  const form = document.createElement("form");
  form.method = "dialog";
  const buttons = document.createElement("div");
  buttons.className = "btn-list justify-content-end";
  buttons.append(no, yes);
  form.append(text, buttons);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    });
  });
}

function button(label: string, className: string, value: string): HTMLButtonElement {
  const element = document.createElement("button");
  element.className = className;
  element.value = value;
  element.textContent = label;
  return element;
}

export function confirmations(): void {
  const allowed = new WeakSet<HTMLFormElement>();
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target as HTMLFormElement;
      const submitter = (event as SubmitEvent).submitter;
      const question = submitter?.dataset["confirm"] ?? form.dataset["confirm"];
      if (!question || allowed.has(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      void ask(wordsOf(submitter?.dataset["confirm"] ? submitter : form, question)).then((yes) => {
        if (!yes) return;
        allowed.add(form);
        form.requestSubmit(submitter);
        allowed.delete(form);
      });
    },
    true,
  );
  document.addEventListener("htmx:confirm", (event) => {
    const detail = (event as CustomEvent<{ question: string | null; elt: HTMLElement; issueRequest(skip: boolean): void }>)
      .detail;
    if (!detail.question) return;
    event.preventDefault();
    void ask(wordsOf(detail.elt, detail.question)).then((yes) => {
      if (yes) detail.issueRequest(true);
    });
  });
}
