// How long requests took, by route. Recorded for each request, so without an allocation once a route has been asked for.
import type { Metrics } from './metrics.ts';
import type { Count, Series, Times } from './recorders.ts';

/** Upper bounds of the buckets, s: a read takes less than one, a command as long as its operation. */
const BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600];
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The series of one method and route. */
class Answers {
  readonly #method: string;
  readonly #route: string;
  readonly #requests: Series<Count>;
  readonly #durations: Series<Times>;
  readonly #byStatus = new Map<number, Count>();
  /** By the first digit of the status. */
  readonly #byClass: (Times | undefined)[] = [];

  constructor(method: string, route: string, requests: Series<Count>, durations: Series<Times>) {
    this.#method = method;
    this.#route = route;
    this.#requests = requests;
    this.#durations = durations;
  }

  add(status: number, seconds: number | null): void {
    (this.#byStatus.get(status) ?? this.#count(status)).add();
    if (seconds === null) return;
    const digit = Math.trunc(status / 100);
    (this.#byClass[digit] ?? this.#times(digit)).observe(seconds);
  }

  #count(status: number): Count {
    const made = this.#requests.of({ method: this.#method, route: this.#route, status: String(status) });
    this.#byStatus.set(status, made);
    return made;
  }

  #times(digit: number): Times {
    const made = this.#durations.of({ method: this.#method, route: this.#route, status: `${digit}xx` });
    this.#byClass[digit] = made;
    return made;
  }
}

export class HttpMetrics {
  readonly #requests: Series<Count>;
  readonly #durations: Series<Times>;
  readonly #byRoute = new Map<string, Map<string, Answers>>();

  constructor(metrics: Metrics) {
    this.#requests = metrics.counter('http_requests_total', 'HTTP requests that were answered, by route and status.');
    this.#durations = metrics.times(
      'http_request_duration_seconds',
      'Time from a request to the end of its answer, by route and class of status; streams of events are left out.',
      BOUNDS,
    );
  }

  /** `route`: as the route table has it. `ms` is null where the time says nothing, as that of a stream. */
  request(method: string, route: string, status: number, ms: number | null): void {
    const known = this.#byRoute.get(route)?.get(method) ?? this.#answers(method, route);
    known.add(status, ms === null ? null : ms / 1_000);
  }

  #answers(method: string, route: string): Answers {
    const known = METHODS.has(method) ? method : 'other';
    let byMethod = this.#byRoute.get(route);
    if (byMethod === undefined) {
      byMethod = new Map();
      this.#byRoute.set(route, byMethod);
    }
    let answers = byMethod.get(known);
    if (answers === undefined) {
      answers = new Answers(known, route, this.#requests, this.#durations);
      byMethod.set(known, answers);
    }
    return answers;
  }
}
