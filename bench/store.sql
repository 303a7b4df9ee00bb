-- What answering a question is for PostgreSQL, for pgbench: the same lock and look-ups as the service,
-- the same rows in the same order, an answer of its own each time. See store.py. (\003A is a colon: pgbench would take it for a variable.)
\set turn :turn + 1
\set one :turn * :clients + :client_id
\set number 1 + :one % :people
\set place :one / :people
\set counted :first + :step * :place
BEGIN;
SELECT users.*, questions.*
FROM users JOIN questions ON questions.user_id = users.id
WHERE questions.id IN (
    (lpad(to_hex(:number::int), 8, '0') || :question || lpad(to_hex(:counted::int), 12, '0'))::uuid
) AND users.tenant_id = 'local'
ORDER BY users.id, questions.id
FOR NO KEY UPDATE OF users, questions;
SELECT * FROM memories WHERE (user_id, subject) IN (
    ((lpad(to_hex(:number::int), 8, '0') || :person)::uuid, U&'template\003Aconv-output-size')
);
SELECT * FROM idempotency_keys WHERE (user_id, key) IN (
    ((lpad(to_hex(:number::int), 8, '0') || :person)::uuid, :number::int || '-' || :place::int)
);
WITH ids AS (
    SELECT
        (
            lpad(to_hex(:number::int), 8, '0') || :question || lpad(to_hex(:counted::int), 12, '0')
        )::uuid AS question,
        (lpad(to_hex(:number::int), 8, '0') || :person)::uuid AS person,
        gen_random_uuid() AS answer
),
asked AS (
    UPDATE questions SET attempts_used = 1, state = 'answered', closed_at = now()
    FROM ids WHERE id = question
),
given AS (
    INSERT INTO answers (
        id, question_id, user_id, attempt, response, read, correct, score, mistake, answered_at
    )
    SELECT answer, question, person, 1, '"1"', '1', false, 0, 'forgot_plus_one', now() FROM ids
),
remembered AS (
    INSERT INTO memories (
        user_id, subject, deck_id, events, state, step, stability, difficulty, due, due_from,
        last_review
    )
    SELECT
        person, U&'template\003Aconv-output-size', 'cnn', 7, 'relearning', 0, 1.5, 6.5, now(), now(),
        now()
    FROM ids
    ON CONFLICT (user_id, subject) DO UPDATE SET
        events = excluded.events, state = excluded.state, step = excluded.step,
        stability = excluded.stability, difficulty = excluded.difficulty, due = excluded.due,
        due_from = excluded.due_from, last_review = excluded.last_review
),
reviewed AS (
    INSERT INTO reviews (
        id, user_id, subject, event, rating, answer_id, reviewed_at, due_from, day, schedule,
        recorded_at
    )
    SELECT
        gen_random_uuid(), person, U&'template\003Aconv-output-size', 1000 + :place::int, 'again', answer,
        now(), now(), '2026-11-01',
        '{"day_start_hour": 4, "desired_retention": 0.9, "learning_steps": [1, 10], "learner_days": true}', now()
    FROM ids
)
INSERT INTO idempotency_keys (user_id, key, fingerprint, status, media_type, body, created_at)
SELECT
    person, :number::int || '-' || :place::int, sha256('x'), 201, 'application/json',
    repeat('x', 1500)::bytea, now()
FROM ids;
COMMIT;
