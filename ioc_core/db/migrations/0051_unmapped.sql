-- What sources wrote of units and procedures, and no catalogue knows: listed for somebody to map.

CREATE INDEX dossiers_unmapped ON dossiers (code)
    WHERE (receiving_unit IS NULL AND receiving_text IS NOT NULL)
       OR (resolving_unit IS NULL AND resolving_text IS NOT NULL);

CREATE INDEX dossiers_unmapped_procedure ON dossiers (code) WHERE procedure_code IS NULL AND procedure_name IS NOT NULL;

-- The procedure codes that dossiers have: one look into an index for each, however many dossiers there are.
CREATE VIEW dossier_procedures AS
WITH RECURSIVE written (code) AS (
    (SELECT procedure_code FROM dossiers WHERE procedure_code IS NOT NULL ORDER BY procedure_code LIMIT 1)
    UNION ALL
    SELECT (SELECT d.procedure_code FROM dossiers d WHERE d.procedure_code > w.code ORDER BY d.procedure_code LIMIT 1)
    FROM written w WHERE w.code IS NOT NULL
)
SELECT code FROM written WHERE code IS NOT NULL;

CREATE VIEW v_unmapped AS
SELECT 'unit' AS kind, t.text, '' AS name, d.source, coalesce(d.work_unit, 'unmapped') AS unit,
       count(*) AS dossiers, count(*) FILTER (WHERE d.is_open) AS open_dossiers,
       min(coalesce(d.filed_at, d.effective_at)) AS first_filed_at,
       max(coalesce(d.filed_at, d.effective_at)) AS last_filed_at, max(d.told_at) AS last_told_at
FROM dossiers d
CROSS JOIN LATERAL (SELECT d.receiving_text AS text WHERE d.receiving_unit IS NULL AND d.receiving_text IS NOT NULL
                    UNION ALL
                    SELECT d.resolving_text WHERE d.resolving_unit IS NULL AND d.resolving_text IS NOT NULL
                       AND (d.receiving_unit IS NOT NULL OR d.receiving_text IS DISTINCT FROM d.resolving_text)) t
WHERE (d.receiving_unit IS NULL AND d.receiving_text IS NOT NULL)
   OR (d.resolving_unit IS NULL AND d.resolving_text IS NOT NULL)
GROUP BY t.text, d.source, d.work_unit
UNION ALL
SELECT 'procedure', w.code, coalesce(min(d.procedure_name), ''), d.source, coalesce(d.work_unit, 'unmapped'),
       count(*), count(*) FILTER (WHERE d.is_open), min(coalesce(d.filed_at, d.effective_at)),
       max(coalesce(d.filed_at, d.effective_at)), max(d.told_at)
FROM dossier_procedures w JOIN dossiers d ON d.procedure_code = w.code
WHERE NOT EXISTS (SELECT FROM procedures p WHERE p.code = w.code)
GROUP BY w.code, d.source, d.work_unit
UNION ALL
SELECT 'procedure', d.procedure_name, d.procedure_name, d.source, coalesce(d.work_unit, 'unmapped'),
       count(*), count(*) FILTER (WHERE d.is_open), min(coalesce(d.filed_at, d.effective_at)),
       max(coalesce(d.filed_at, d.effective_at)), max(d.told_at)
FROM dossiers d
WHERE d.procedure_code IS NULL AND d.procedure_name IS NOT NULL
GROUP BY d.procedure_name, d.source, d.work_unit;

GRANT SELECT ON v_unmapped TO ioc_rules;
