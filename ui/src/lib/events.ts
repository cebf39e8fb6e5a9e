/** The city's event stream: calls back per topic, says whether the city can be reached. */

export interface CityEvent {
  topic: string;
  position: number;
  body: unknown;
}

/**
 * Follows `topics` until the returned function is called. `onEvent` gets each event (`resync` = reload all);
 * `onReach` is told when the stream opens and when it is lost. A closed stream is opened again by us: browsers
 * give up on some errors.
 */
export function follow(topics: string[], onEvent: (event: CityEvent) => void, onReach: (reached: boolean) => void): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;

  const open = () => {
    source = new EventSource(`/api/events?topics=${topics.join(',')}`);
    source.onopen = () => onReach(true);
    source.onerror = () => {
      onReach(false);
      source?.close();
      clearTimeout(timer);
      if (!ended) timer = setTimeout(open, 2000);
    };
    const hear = (message: MessageEvent<string>) => {
      try {
        const event = JSON.parse(message.data) as CityEvent;
        onEvent({ ...event, topic: event.topic ?? message.type });
      } catch {
        // A line that is no event says nothing about the rest of the stream.
      }
    };
    source.onmessage = hear;
    for (const topic of [...topics, 'resync']) source.addEventListener(topic, hear as EventListener);
  };
  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    source?.close();
  };
}
