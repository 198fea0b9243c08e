/** Entry of the remote screen's page: `<div id="viewer">` and its `#viewer-config`. */
import "./styles/viewer.css";

import { readConfig } from "./viewer/config";
import { Shell } from "./viewer/shell";

const root = document.getElementById("viewer");
if (root) new Shell(root, readConfig(document)).start();
