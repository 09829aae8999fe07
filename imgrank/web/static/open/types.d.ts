// What walks between the modules, and what the server tells. Each field of the server stands in docs/reference/open-endpoints.md.

export interface Question {
  sentence: string;
  terms: Term[];
  between: [number, number] | null;
  /** Whether no trained ranker is to answer. */
  by: "" | "words";
}

export interface Term {
  text?: string;
  picture?: number;
  weight: number;
}

export interface AnsweredTerm {
  text: string | null;
  pictures: string[];
  weight: number;
  scorer: string;
  adapter: string | null;
  shipped: boolean;
  unit: string | null;
}

export interface Order {
  version: number;
  numbers: number[];
  scores: number[] | null;
  relevant: number;
  fits: boolean[];
  decimals: number;
  measuring: boolean;
  notes: string[];
  terms: AnsweredTerm[];
  scorer: string;
  adapter: string | null;
  shipped: boolean;
  unit: string | null;
  confident: boolean;
  doubt: string;
  confidence: number;
  query: string | null;
  reason: string | null;
  quantity: string | null;
}

export interface Job {
  number: number;
  what: string;
  done: number;
  total: number;
  running: boolean;
  said: string;
  fault: string;
  run: number | null;
  left_alone: [string, string][];
}

export interface Past {
  run: number;
  time: string;
  action: string;
  query: string;
  done: number;
  left: number;
  unfinished: boolean;
  undoes: number | null;
  damaged: boolean;
  /** Whether it can be undone, in words. */
  state: string;
  can_undo: boolean;
  /** Of the run that Undo takes back: whether it does so at once, and does not show first which run that is. */
  at_once?: boolean;
}

export interface Standing {
  stage: "looking" | "reading" | "grouping" | "measuring" | "changing" | "paused" | "idle" | "failed";
  done: number;
  total: number;
  rate: number;
  left: number | null;
  news: string;
  fault: string;
}

export interface Server {
  folder: string;
  version: number;
  epoch: number;
  facts: number;
  groups: number;
  count: number;
  skipped: number;
  indexing: Standing;
  job: Job;
  undo: Past | null;
  sentences: string[];
  backbone: string;
  /** The image model that is being loaded, or reads the pictures; empty where none is. */
  coming: string;
  model_fault: string;
  /** Whether an index is open, and no folder. */
  index: boolean;
  /** Whether what lies in subfolders is shown. */
  subfolders: boolean;
  /** By name of a wish, or of a rule of groups: why it cannot be. */
  refused: Record<string, string>;
  /** How many rankers were trained since the start, how many pictures a lesson asks about at most, how many answers a training takes at least, and the training that goes on or ended last. */
  teaching: { rankers: number, most: number, fewest: number, training: Training | null };
}

export interface Training {
  page: string;
  sentence: string;
  stage: "running" | "done" | "failed";
  said: string;
  part: number;
  left: number | null;
  adapter: string;
  answers: boolean;
  /** Whether it ends after the step in hand. */
  stopping: boolean;
}

export interface Plan {
  plan: string;
  action: string;
  folder: string | null;
  changes: [string, string][];
  stars: [number | null, number | null][];
  count: number;
  companions: number;
  bytes: number;
  notes: string[];
}

export type Size = import("../shared/layout.js").Size;
export type Shown = import("../shared/folding.js").Shown;
export type Dialog = "" | "plan" | "teach" | "models" | "history" | "export" | "help" | "skipped";

export interface Facts {
  version: number;
  taken: (string | null)[];
  cameras: string[];
  camera: (number | null)[];
  orientation: (string | null)[];
  stars: (number | null)[];
}

export interface Groups {
  by: string;
  version: number;
  pending: boolean;
  groups: (number | null)[];
}

export interface Filters {
  name: string;
  since: string;
  until: string;
  camera: string;
  folder: string;
  orientation: string;
  stars: string;
  kind: string;
}

export interface State {
  question: Question;
  order: Order | null;
  /** The question that `order` answers, as JSON. */
  answered: string;
  asking: boolean;
  names: (string | null)[];
  server: Server | null;
  min: number | null;
  top: number | null;
  fits: boolean;
  filters: Filters;
  filtering: boolean;
  group: string;
  groups: Groups | null;
  /** A picture of each group that is open. */
  opened: Set<number>;
  facts: Facts | null;
  size: Size;
  chosen: Set<number>;
  /** What got stars last, and what was chosen and had the keys then. */
  rated: { numbers: number[], stars: number, chosen: Set<number>, focus: number | null } | null;
  focus: number | null;
  look: number[];
  /** How near one looks at it. */
  view: import("../shared/large.js").View;
  /** What is told beside what is enlarged: "file", "why" or nothing. */
  beside: string;
  dialog: Dialog;
  adding: boolean;
  adjusting: boolean;
  action: string;
  message: string;
  fault: string;
}
