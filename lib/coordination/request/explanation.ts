/**
 * How an answer came about: the courses that one request ran, step by step (docs/http-api.md,
 * Explained answers). Made only where a request asks for it. It is kept as JSON text, so that its
 * bytes can be counted.
 */
import type { NodeId } from '../../environment/transport.js';

/** Of one explanation, as JSON text. */
export const EXPLANATION_BYTES_MAX = 64 * 1024;
/** What ends a course finds room beyond the limit. */
const END_BYTES_MAX = 2048;

/** Members of a step or a course. `undefined` ones are left out. */
export type ShownMembers = Readonly<Record<string, unknown>>;

/** `strong`: where the client asked; `decision`: of the same operation, at its proposer. */
type CourseKind = 'read' | 'bounded read' | 'write' | 'strong' | 'decision' | 'list';

/** One thing that was done or met; where it was a question, with its answer once that has come. */
export class Step {
  readonly #explanation: Explanation;
  readonly #head: string;
  readonly #at: number;
  readonly #isQuestion: boolean;
  #answer: string | undefined;

  constructor(explanation: Explanation, at: number, head: string, isQuestion: boolean) {
    this.#explanation = explanation;
    this.#at = at;
    this.#head = head;
    this.#isQuestion = isQuestion;
  }

  /** The first answer counts. */
  answered(shown: ShownMembers): void {
    if (this.#answer !== undefined || !this.#isQuestion) return;
    const took = rounded(this.#explanation.now() - this.#at);
    const answer = `,"took_ms":${took},"answer":${JSON.stringify(shown)}`;
    if (this.#explanation.takes(answer.length)) this.#answer = answer;
  }

  get text(): string {
    const silent = this.#isQuestion ? ',"answer":null' : '';
    return `${this.#head}${this.#answer ?? silent}}`;
  }
}

/** The course of one core. */
export class Course {
  readonly #explanation: Explanation;
  readonly #head: string;
  readonly #steps: Step[] = [];

  constructor(explanation: Explanation, head: string) {
    this.#explanation = explanation;
    this.#head = head;
  }

  /** Something was done, or met. */
  note(did: string, shown: ShownMembers = {}): void {
    this.#add(did, shown, false, 0);
  }

  /** The same, and the course ends with it. */
  end(did: string, shown: ShownMembers): void {
    this.#add(did, shown, false, END_BYTES_MAX);
  }

  /** Somebody was asked; undefined: there was no room to note it. */
  ask(did: string, node: NodeId, shown: ShownMembers = {}): Step | undefined {
    return this.#add(did, { node, ...shown }, true, 0);
  }

  get text(): string {
    return `${this.#head},"steps":[${this.#steps.map(({ text }) => text).join(',')}]}`;
  }

  #add(did: string, shown: ShownMembers, isQuestion: boolean, beyond: number): Step | undefined {
    const at = this.#explanation.now();
    const head = JSON.stringify({ at_ms: rounded(at), did, ...shown }).slice(0, -1);
    if (!this.#explanation.takes(head.length, beyond)) return undefined;
    const step = new Step(this.#explanation, at, head, isQuestion);
    this.#steps.push(step);
    return step;
  }
}

export class Explanation {
  readonly #node: NodeId;
  readonly #clock: () => number;
  readonly #begunAt: number;
  readonly #bytesMax: number;
  readonly #courses: Course[] = [];
  /** As other nodes have reported them. */
  readonly #elsewhere: string[] = [];
  #bytes = 0;
  #leftOut = 0;

  /**
   * @param node that explains
   * @param clock monotonic milliseconds
   * @param bytesMax of its text
   */
  constructor(node: NodeId, clock: () => number, bytesMax = EXPLANATION_BYTES_MAX) {
    this.#node = node;
    this.#clock = clock;
    this.#begunAt = clock();
    this.#bytesMax = bytesMax;
  }

  /** Milliseconds since it began. */
  now(): number {
    return this.#clock() - this.#begunAt;
  }

  begin(kind: CourseKind, shown: ShownMembers): Course {
    const head = JSON.stringify({ node: this.#node, course: kind, ...shown }).slice(0, -1);
    const course = new Course(this, head);
    if (this.takes(head.length)) this.#courses.push(course);
    return course;
  }

  /** Something that follows from what the last course came to. */
  note(did: string, shown: ShownMembers = {}): void {
    this.#courses.at(-1)?.note(did, shown);
  }

  /** The courses that another node ran for this request; null: it reported none. */
  adopt(courses: string | null): void {
    if (courses === null || !isArrayText(courses) || !this.takes(courses.length)) return;
    const inner = courses.slice(1, -1);
    if (inner !== '') this.#elsewhere.push(inner);
  }

  /** Is there room for so many characters? They count from then on. */
  takes(characters: number, beyond = 0): boolean {
    if (this.#bytes + characters > this.#bytesMax + beyond) {
      this.#leftOut += 1;
      return false;
    }
    this.#bytes += characters;
    return true;
  }

  /** A JSON array, for the node that has passed the request on. */
  get coursesText(): string {
    const own = this.#courses.map(({ text }) => text);
    return `[${[...own, ...this.#elsewhere].join(',')}]`;
  }

  /** A JSON object, for the client. */
  get text(): string {
    const head = { node: this.#node, took_ms: rounded(this.now()) };
    const left = this.#leftOut === 0 ? '' : `,"left_out":${this.#leftOut}`;
    return `${JSON.stringify(head).slice(0, -1)}${left},"courses":${this.coursesText}}`;
  }
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

/** What a peer says ends up within an answer: it must be what it should be. */
function isArrayText(text: string): boolean {
  try {
    return text.startsWith('[') && Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}
