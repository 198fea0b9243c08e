/** Entry of every page: Tabler, htmx and our small behaviours. */
import "@fontsource-variable/inter/wght.css";
import "@tabler/core/dist/css/tabler.min.css";
import "./styles/app.css";
import "./styles/portal.css";
import "./styles/directory.css";
import "./styles/accounts.css";
import "./styles/presence.css";
import "./styles/presence-team.css";

import { bulkBoxes } from "./app/bulk";
import { confirmations } from "./app/confirm";
import { copyButtons } from "./app/copy";
import { htmxSetup } from "./app/htmx-setup";
import { sendOnce } from "./app/once";
import { orgTree } from "./app/org-tree";
import { passkeys } from "./app/passkeys";
import { resultKeys } from "./app/people-search";
import { printButtons } from "./app/print";
import { searchShortcut } from "./app/shortcuts";
import { themeSwitch } from "./app/theme-switch";
import { tileSearch } from "./app/tile-search";
import { tooltips } from "./app/tooltips";

htmxSetup();
themeSwitch();
confirmations();
passkeys();
sendOnce();
printButtons();
copyButtons();
tooltips();
searchShortcut();
tileSearch();
bulkBoxes();
resultKeys();
orgTree();
