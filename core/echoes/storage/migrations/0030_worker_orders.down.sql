alter table world drop column worker_orders;
drop table worker_order_steps;
drop table worker_orders;
