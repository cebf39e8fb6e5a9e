/** Vehicles on a canvas above the map, gliding from each known place to the next. */

import type { Map as LibreMap } from 'maplibre-gl';

import { type Drawn, drawn } from '../lib/kinds';
import { stillness, token } from '../lib/theme.svelte';
import type { Vehicles } from '../lib/types';

const FRAME_MS = 40;
const LATE_S = 300;
/** From afar buses step back behind the roads; what runs late does not. */
const FAR_ZOOM = 13;
const FAR_ALPHA = 0.55;
const REACH_PX = 12;
const PIN_PX = 14;
const LEAP_DEG = 0.02;

interface Track {
  kind: Drawn;
  from: [number, number];
  to: [number, number];
  bearing: number;
  started: number;
  row: number;
}

export class Fleet {
  visible = true;
  /** Places kept clear for pins: what needs a person is not driven over. */
  clear: [number, number][] = [];
  #tracks = new Map<string, Track>();
  #vehicles: Vehicles | undefined;
  #span = 10_000;
  #frame = 0;
  #drawn = 0;
  #colours = { bus: '', lrt: '', ferry: '', late: '', ground: '' };
  readonly #draw = () => this.draw();

  constructor(
    readonly map: LibreMap,
    readonly canvas: HTMLCanvasElement,
  ) {
    this.dress();
    map.on('render', this.#draw);
    this.#loop();
  }

  /** Takes the colours of the present theme. */
  dress(): void {
    this.#colours = { bus: token('bus'), lrt: token('pine'), ferry: token('azulejo'), late: token('terracotta'), ground: token('panel') };
    this.draw();
  }

  /** New places; vehicles glide there within `spanMs`. */
  update(vehicles: Vehicles, spanMs: number): void {
    const at = performance.now();
    const next = new Map<string, Track>();
    vehicles.id.forEach((id, row) => {
      const to: [number, number] = [vehicles.lon[row], vehicles.lat[row]];
      const before = this.#tracks.get(id);
      const here = before ? place(before, at, this.#span) : to;
      const leap = Math.abs(here[0] - to[0]) + Math.abs(here[1] - to[1]) > LEAP_DEG;
      next.set(id, { kind: drawn(vehicles.kind[row]), from: leap ? to : here, to, bearing: vehicles.bearing[row] ?? 0, started: at, row });
    });
    this.#tracks = next;
    this.#vehicles = vehicles;
    this.#span = Math.max(spanMs, 1);
    this.draw();
  }

  /** Row of the vehicle under a point of the screen, -1 where there is none. */
  hit(point: { x: number; y: number }): number {
    if (!this.visible) return -1;
    const at = performance.now();
    let best = -1;
    let nearest = REACH_PX;
    for (const track of this.#tracks.values()) {
      const { x, y } = this.map.project(place(track, at, this.#span));
      const away = Math.hypot(x - point.x, y - point.y);
      if (away < nearest) [best, nearest] = [track.row, away];
    }
    return best;
  }

  /** Where a vehicle is drawn now. */
  where(id: string): [number, number] | undefined {
    const track = this.#tracks.get(id);
    return track && place(track, performance.now(), this.#span);
  }

  #loop(): void {
    this.#frame = requestAnimationFrame((time) => {
      if (time - this.#drawn >= FRAME_MS && !document.hidden && !stillness.matches) {
        this.#drawn = time;
        this.draw();
      }
      this.#loop();
    });
  }

  draw(): void {
    const { canvas, map } = this;
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const pen = canvas.getContext('2d')!;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    if (!this.visible || !this.#vehicles) return;
    const at = performance.now();
    const zoom = map.getZoom();
    const size = Math.max(0.4, Math.min(1.25, (zoom - 10.8) / 4));
    const far = zoom < FAR_ZOOM;
    const pins = this.clear.map((one) => map.project(one));
    for (const track of this.#tracks.values()) {
      const { x, y } = map.project(stillness.matches ? track.to : place(track, at, this.#span));
      if (x < -20 || y < -20 || x > canvas.clientWidth + 20 || y > canvas.clientHeight + 20) continue;
      if (pins.some((pin) => Math.hypot(pin.x - x, pin.y - y) < PIN_PX)) continue;
      this.#mark(pen, track, x, y, size, far);
    }
  }

  #mark(pen: CanvasRenderingContext2D, track: Track, x: number, y: number, size: number, far: boolean): void {
    const { predicted, delay_s: delay } = this.#vehicles!;
    const late = (delay[track.row] ?? 0) > LATE_S;
    const colour = late ? this.#colours.late : this.#colours[track.kind];
    pen.save();
    pen.globalAlpha = far && !late && track.kind === 'bus' ? FAR_ALPHA : 1;
    pen.translate(x, y);
    pen.rotate((track.bearing * Math.PI) / 180);
    pen.scale(size, size);
    pen.beginPath();
    outline(pen, track.kind);
    pen.lineWidth = predicted[track.row] ? 1.8 : 1.2;
    pen.fillStyle = predicted[track.row] ? this.#colours.ground : colour;
    pen.strokeStyle = predicted[track.row] ? colour : this.#colours.ground;
    pen.fill();
    pen.stroke();
    pen.restore();
  }

  remove(): void {
    cancelAnimationFrame(this.#frame);
    this.map.off('render', this.#draw);
  }
}

function place(track: Track, at: number, span: number): [number, number] {
  const share = Math.min(1, (at - track.started) / span);
  return [track.from[0] + (track.to[0] - track.from[0]) * share, track.from[1] + (track.to[1] - track.from[1]) * share];
}

/** Nose up: a bus is a short block with a pointed front, a train a long one, a ferry a hull. */
function outline(pen: CanvasRenderingContext2D, kind: Drawn): void {
  const [half, length] = kind === 'lrt' ? [3.4, 10] : kind === 'ferry' ? [5, 9] : [3.6, 6.5];
  pen.moveTo(0, -length);
  pen.lineTo(half, -length + (kind === 'ferry' ? 8 : 4));
  pen.lineTo(kind === 'ferry' ? half - 1.4 : half, length - 1);
  pen.lineTo(kind === 'ferry' ? -half + 1.4 : -half, length - 1);
  pen.lineTo(-half, -length + (kind === 'ferry' ? 8 : 4));
  pen.closePath();
}
