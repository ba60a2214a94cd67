drop table stocks;
