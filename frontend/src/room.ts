/** Entry of the page of a live room: sound by browser, without a webcam, on an old machine. */
import "./styles/room.css";
import { readConfig } from "./room/config";
import { showRoom } from "./room/page";

const root = document.querySelector<HTMLElement>("#room");
if (root) showRoom(root, readConfig(document));
