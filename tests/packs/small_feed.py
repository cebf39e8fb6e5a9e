"""A whole small GTFS feed for tests."""

from guia.formats.gtfs import gtfs_time


def rows() -> dict[str, list[dict[str, object]]]:
    """A whole small feed."""
    week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), 1)
    return {
        "agency": [{"agency_id": "a", "agency_name": "A", "agency_url": "https://a.example",
                    "agency_timezone": "Asia/Macau"}],
        "stops": [{"stop_id": s, "stop_name": n, "stop_lat": 22.1 + k / 100, "stop_lon": 113.5}
                  for k, (s, n) in enumerate((("s1", "新馬路, 1"), ("s2", 'The "Gate"'), ("s3", "Ilha\nVerde")))],
        "routes": [{"route_id": "r", "agency_id": "a", "route_short_name": "1", "route_type": 3}],
        "calendar": [{"service_id": "w", **week, "saturday": 0, "sunday": 0, "start_date": "20260101",
                      "end_date": "20261231"}],
        "calendar_dates": [{"service_id": "w", "date": "20261001", "exception_type": 2},
                           {"service_id": "w", "date": "20261003", "exception_type": 1}],
        "trips": [{"route_id": "r", "service_id": "w", "trip_id": t, "shape_id": "x"} for t in ("t1", "t2")],
        "stop_times": [{"trip_id": t, "arrival_time": gtfs_time(start + 60 * k),
                        "departure_time": gtfs_time(start + 60 * k + 10), "stop_id": s, "stop_sequence": 10 * k,
                        "timepoint": 0}
                       for t, start in (("t2", 90_000), ("t1", 3600))
                       for k, s in reversed([*enumerate(("s1", "s2", "s3"))])],
        "frequencies": [{"trip_id": "t1", "start_time": "06:00:00", "end_time": "25:15:00", "headway_secs": 600,
                         "exact_times": 0}],
        "shapes": [{"shape_id": "x", "shape_pt_lat": 22.1 + k / 100, "shape_pt_lon": 113.5, "shape_pt_sequence": k}
                   for k in (1, 0, 2)],
        "translations": [{"table_name": "stops", "field_name": "stop_name", "language": "en", "record_id": "s1",
                          "translation": "New Road"}],
    }  # fmt: skip
