import { describe, expect, it } from 'vitest';
import { Track } from './track.js';

describe('Track', () => {
  it('drops what came before, of each publisher', () => {
    const track = new Track();
    expect(track.isNew(['e', 10, 'p', 1])).toBe(true);
    expect(track.isNew(['e', 11, 'q', 1])).toBe(true);
    expect(track.isNew(['e', 12, 'p', 2])).toBe(true);
    expect(track.isNew(['e', 12, 'p', 1])).toBe(false);
    expect(track.isNew(['e', 12, 'p', 2])).toBe(false);
  });

  it('never goes back, but for a new epoch', () => {
    const track = new Track();
    track.note({ position: { epoch: 'e', offset: 10 } });
    expect(track.isNew(['e', 5, 'p', 1])).toBe(true);
    expect(track.hello().position).toEqual({ epoch: 'e', offset: 10 });
    track.recovered({ epoch: 'f', offset: 3 }, []);
    expect(track.hello().position).toEqual({ epoch: 'f', offset: 3 });
  });

  it('presents the rooms it is in', () => {
    const track = new Track();
    const position = { epoch: 'e', offset: 1 };
    track.connected('first');
    track.note({ position, joined: { a: 'ticket a', b: 'ticket b', c: 'ticket c' } });
    track.note({ position, left: ['b'] });
    track.recovered(position, ['c']);
    expect(track.hello()).toEqual({ sid: 'first', position, tickets: { a: 'ticket a' } });
  });

  it('counts what comes late, and only that', () => {
    const track = new Track();
    const position = { epoch: 'e', offset: 1 };
    track.connected('first');
    track.isNew(['e', 1, 'p', 1]);
    expect(track.recovered(position, [])).toBe(0);
    track.connected('second');
    track.isNew(['e', 1, 'p', 1]);
    track.isNew(['e', 2, 'p', 2]);
    expect(track.recovered(position, [])).toBe(1);
    track.isNew(['e', 3, 'p', 3]);
    expect(track.recovered(position, [])).toBe(0);
  });
});
