export class RdpSocket extends WebSocket {}
