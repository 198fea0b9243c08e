import { init, Backend } from "@devolutions/iron-remote-desktop-rdp";
void init("ERROR"); console.log(Backend);
