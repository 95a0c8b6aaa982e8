export class Counter {
  #value = 0;

  next() { return ++this.#value; }
}
