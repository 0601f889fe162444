-- Chance as a pure function of (seed, client, stream, row): integer arithmetic that no release of DuckDB changes,
-- so that rows come out alike in any order, any process and any version.
-- Variables: seed_text, interval_text, started_at, ended_at, size (of the world), volume (business in the interval),
-- defects.

-- One round of a 32-bit mixer; products stay below 2^64.
create macro mix_round(x, shift, factor) as (xor(x, x >> shift) * factor::ubigint) & 4294967295::ubigint;

create macro mix(x) as mix_round(mix_round(x::ubigint, 16, 2146121005), 15, 2221713035);

create macro stream_seed(stream) as ('0x' || left(md5(getvariable('seed_text') || '|' || stream), 8))::ubigint;

-- The same in every interval; wrap the stream in `now` for what is drawn anew each time.
create macro draw(stream, i) as mix(xor((i * 2654435761::ubigint) & 4294967295::ubigint, stream_seed(stream))) / 4294967296.0;

create macro now_of(stream) as getvariable('interval_text') || '|' || stream;

create macro pick(options, stream, i) as options[1 + floor(draw(stream, i) * len(options))::int];

-- `defects` rows in `every`, evenly spread, the first one close to where their distance first fits: never much more,
-- of however few rows. Each interval counts its rows from one, so that one with fewer than that distance has none:
-- where a client tolerates one bad row in a hundred, a single one of 83 would stop it.
-- The `every` are primes, and no distance is rounded: round(69 / 6) is a multiple of round(21 / 6), and one defect could
-- hide all rows of another.
create macro millionths(every) as
    least(round(getvariable('defects') * 1000000)::ubigint, every // 2 * 1000000::ubigint);

create macro spacing(every) as greatest(2, round(every / greatest(getvariable('defects'), 0.001)))::ubigint;

create macro is_planted(defect, every, i) as getvariable('defects') > 0
    and (i::ubigint + stream_seed(defect) % greatest(1, spacing(every) // 10)) * millionths(every)
        % (every * 1000000::ubigint) < millionths(every);

-- Versions of a key come in either order: neither the first nor the last of a file is the newest.
create macro newest_first_or_last(i, age) as case when i % 2 = 0 then age else -age end;

-- Whole seconds: every format and every database can hold them.
create macro after_seconds(moment, seconds) as moment + to_seconds(floor(seconds)::bigint);

create macro interval_seconds() as epoch(getvariable('ended_at')) - epoch(getvariable('started_at'));

-- Time kept free at the interval's end: what happens to an order happens within its interval.
create macro slack_seconds() as least(1200, interval_seconds() / 2);
