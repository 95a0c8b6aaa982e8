export class Stack {
  static empty = [];

  items = [];
}
