-- What others must know to say why somebody is told, or isn't.

-- The routing tree and the receivers that the present leader goes by.
CREATE TABLE alert_routing (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    routing jsonb NOT NULL,
    recorded_at timestamptz NOT NULL
);

-- The notifications about one alert.
CREATE INDEX notifications_alerts ON notifications USING gin (alert_ids);
