/**
 * The arrows in a table of links (`table[data-grid-keys]`): left and right within the row, up and down to what is
 * above and below, Home and End to the row's ends. Without this Tab goes through the links one by one.
 */

type Row = HTMLAnchorElement[];

function rowsOf(table: Element): Row[] {
  const rows = [...table.querySelectorAll("tbody tr")];
  return rows.map((row) => [...row.querySelectorAll<HTMLAnchorElement>("a[href]")]).filter((row) => row.length);
}

/** The link of a row that is nearest to the middle of this one: a cell may be as wide as several of its neighbours. */
function nearest(row: Row, to: HTMLAnchorElement): HTMLAnchorElement | undefined {
  const cell = to.getBoundingClientRect();
  const x = cell.left + cell.width / 2;
  const away = (link: HTMLAnchorElement): number => {
    const { left, right } = link.getBoundingClientRect();
    return x < left ? left - x : Math.max(x - right, 0);
  };
  return [...row].sort((one, other) => away(one) - away(other))[0];
}

function target(rows: Row[], from: HTMLAnchorElement, key: string): HTMLAnchorElement | undefined {
  const y = rows.findIndex((row) => row.includes(from));
  const row = rows[y];
  if (!row) return undefined;
  const x = row.indexOf(from);
  switch (key) {
    case "ArrowLeft":
      return row[x - 1];
    case "ArrowRight":
      return row[x + 1];
    case "ArrowUp":
      return rows[y - 1] && nearest(rows[y - 1]!, from);
    case "ArrowDown":
      return rows[y + 1] && nearest(rows[y + 1]!, from);
    case "Home":
      return row[0];
    case "End":
      return row[row.length - 1];
    default:
      return undefined;
  }
}

export function gridKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const from = document.activeElement;
    const table = from instanceof HTMLAnchorElement ? from.closest("table[data-grid-keys]") : null;
    if (!table) return;
    const to = target(rowsOf(table), from as HTMLAnchorElement, event.key);
    if (!to) return;
    event.preventDefault();
    to.focus();
    to.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}
